import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import {
  disasterDrillResult,
  explainDisasterDrill,
  type DisasterDrillResult,
} from '../model/disaster-drill.js';
import { redact } from '../observability/redaction.js';
import type { ExitCode } from './context.js';
import { count, print, printJson, renderTable } from './output.js';

/** The result that a drill carries even when the server did not come back whole. */
export function disasterDrillInFailure(error: unknown): DisasterDrillResult | undefined {
  if (!(error instanceof WorkflowFailedError)) return undefined;
  const { cause } = error;
  if (!(cause instanceof ApplicationFailure) || cause.type !== 'DrillFailed') return undefined;
  return disasterDrillResult.safeParse(cause.details?.[0]).data;
}

/** Prints how a lost server came back, and answers with the exit code. */
export function reportDisasterDrill(result: DisasterDrillResult, { json }: { json: boolean }): ExitCode {
  const fault = explainDisasterDrill(result);
  if (json) printJson(result);
  else for (const line of describe(result, fault)) print(line);
  return fault === undefined ? 0 : 1;
}

function describe(result: DisasterDrillResult, fault: string | undefined): string[] {
  const { server, store, baseBackup, segments, reached, check, rtoSeconds, reportKey } = result;
  const { rpoSeconds, rpoHostAliveSeconds } = result;
  const databases = check.databases.map(({ database, outcome, said }) => [
    database,
    outcome === 'passed' ? 'sound' : 'NOT SOUND',
    redact(said.join(' ')),
  ]);
  return [
    renderTable(['DATABASE', 'VERDICT', 'REMARKS'], databases),
    '',
    fault === undefined
      ? `Server ${server} came back from store ${store}, with everything that had been committed.`
      : `Server ${server} did not come back whole: ${redact(fault)}.`,
    `It was recovered from ${baseBackup} and ${count(segments, 'WAL segment')}, to LSN ${reached.lsn}, and served after ${rtoSeconds.toFixed(0)} s (RTO).`,
    ...(rpoSeconds === undefined
      ? []
      : [`The loss of server and archiving host would have cost the last ${rpoSeconds.toFixed(1)} s (RPO).`]),
    ...(rpoHostAliveSeconds === undefined
      ? []
      : [`The loss of the server alone would have cost the last ${rpoHostAliveSeconds.toFixed(1)} s.`]),
    `Report: ${reportKey} in the primary store, and ${reportKey.replace(/json$/, 'md')} for people.`,
  ];
}
