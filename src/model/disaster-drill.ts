import { z } from 'zod';
import { recoveryPoint, recoverySteps, type RecoveryProgress } from './recovery.js';

const seconds = z.number().nonnegative();

/** Stands for a database's name in the ids of disaster recovery drills. */
export const DISASTER_NAME = 'disaster';

/** The format of the reports that this version writes. */
export const DISASTER_REPORT_FORMAT = '1.0';

/** A transaction that a drill commits on the live server, to look for it in the recovered one. */
export const canary = z.object({
  /** With its epoch, as `txid_current()` gives it. */
  transactionId: z.string(),
  committedAt: z.iso.datetime(),
  /** It ended before here, in this segment. */
  lsn: z.string(),
  segment: z.string(),
  systemIdentifier: z.string(),
});

export type Canary = z.infer<typeof canary>;

/** What one drill does, decided at its start. */
export const disasterDrillPlan = z.object({
  /** `disaster_<YYYYMMDD>_<HHMMSS>`. */
  id: z.string(),
  server: z.string(),
  /** The store that is recovered from. */
  store: z.string(),
  startedAt: z.iso.datetime(),
  /** How long the canary may take to come into the primary store, in seconds. */
  patienceSeconds: z.int().positive(),
});

export type DisasterDrillPlan = z.infer<typeof disasterDrillPlan>;

/** How the canary fared, in seconds after it was committed. */
export const canaryFlight = z.object({
  receivedAfterSeconds: seconds
    .optional()
    .describe('until the host that archives WAL had it; absent where the server archives by itself'),
  archivedAfterSeconds: seconds
    .optional()
    .describe('until the primary store had it; absent when it did not come in time'),
});

export type CanaryFlight = z.infer<typeof canaryFlight>;

/** What was found in a recovered server. */
export const recoveredCheck = z.object({
  canary: z.enum(['recovered', 'lost', 'notSent', 'notWanted']),
  databases: z.array(
    z.object({
      database: z.string(),
      outcome: z.enum(['passed', 'failed']),
      said: z.array(z.string()).describe('what is wrong, or what could not be checked'),
    }),
  ),
});

export type RecoveredCheck = z.infer<typeof recoveredCheck>;

const common = {
  server: z.string(),
  store: z.string(),
  baseBackup: z.string().describe('the base backup that it began with'),
  segments: z.int().nonnegative().describe('WAL segments that were replayed on it'),
  reached: recoveryPoint,
  check: recoveredCheck,
  flight: canaryFlight,
  rtoSeconds: seconds.describe('from the decision to recover to a server that serves, as measured'),
  rpoSeconds: seconds
    .optional()
    .describe(
      'what the loss of the server and of the host that archives its WAL would have cost; absent when the canary was not sent or is lost',
    ),
  rpoHostAliveSeconds: seconds.optional().describe('what the loss of the server alone would have cost'),
  secondsPerStep: z.partialRecord(z.enum(recoverySteps), seconds),
  notes: z.array(z.string()),
};

/** What `drillDisasterRecovery` answers. */
export const disasterDrillResult = z.object({
  drillId: z.string(),
  ...common,
  reportKey: z
    .string()
    .describe('where the report is, in the primary store; the page for people beside it ends in .md'),
});

/** `drills/<server>/<yyyy>/<id>.json`. */
export const disasterDrillReport = z.object({
  format: z.string(),
  id: z.string(),
  ...common,
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  workflowId: z.string(),
  runId: z.string(),
});

export type DisasterDrillResult = z.infer<typeof disasterDrillResult>;
export type DisasterDrillReport = z.infer<typeof disasterDrillReport>;

/** Answer to the query `progress` of `drillDisasterRecovery`. */
export interface DisasterDrillProgress extends Omit<RecoveryProgress, 'step'> {
  step: RecoveryProgress['step'] | 'canary' | 'report';
}

/** The steps between the decision to recover and a server that serves. */
const COUNTED = ['planning', 'download', 'unpack', 'replay'] as const;

/** The RTO by the steps of a recovery. */
export function measureRto(secondsPerStep: DisasterDrillResult['secondsPerStep']): number {
  return COUNTED.reduce((sum, step) => sum + (secondsPerStep[step] ?? 0), 0);
}

/** Why a drill has not shown that the server would come back; undefined when it has. */
export function explainDisasterDrill({
  check,
  flight,
}: Pick<DisasterDrillResult, 'check' | 'flight'>): string | undefined {
  const faults = [
    ...(check.canary === 'notSent'
      ? ['the live server could not be asked, so nobody knows what would have been lost']
      : []),
    ...(check.canary === 'lost'
      ? [
          flight.archivedAfterSeconds === undefined
            ? 'what was committed last did not come into the store in time'
            : 'what was committed last was archived, and is not in the recovered server',
        ]
      : []),
    ...check.databases
      .filter(({ outcome }) => outcome === 'failed')
      .map(({ database, said }) => `${database}: ${said.join(' ')}`),
  ];
  return faults.length === 0 ? undefined : faults.join('; ');
}
