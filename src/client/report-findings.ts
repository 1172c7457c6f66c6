import type { VerifyResult } from '../model/findings.js';
import type { VerificationReport } from '../model/verification.js';
import type { ExitCode } from './context.js';
import { count, formatBytes, formatTime, print, printJson } from './output.js';

/**
 * Prints findings, and answers with the exit code.
 *
 * @param report - with all of them; without it the first ones are printed, which the result has
 */
export function reportFindings(
  result: VerifyResult,
  { json }: { json: boolean },
  report?: VerificationReport,
): ExitCode {
  if (json) printJson(report ? { ...result, ...report } : result);
  else for (const line of renderFindings(result, report)) print(line);
  return result.critical > 0 ? 1 : 0;
}

function renderFindings(result: VerifyResult, report: VerificationReport | undefined): string[] {
  const { server, critical, warnings, readBack, reportKey } = result;
  const findings = report?.findings ?? result.findings;
  const isNew = new Set(report?.appeared);
  const left = critical + warnings - findings.length;
  return [
    ...findings.map(({ id, severity, what, remedy, since }) => {
      const known = since === undefined || isNew.has(id) ? '' : ` (since ${formatTime(new Date(since))})`;
      return `${severity.toUpperCase()}: ${what}${known} To do: ${remedy}.`;
    }),
    ...(left > 0 ? [`And ${left} more, in ${reportKey}.`] : []),
    ...(report?.resolved ?? []).map(({ what }) => `RESOLVED: ${what}`),
    ...(readBack ? [`Read back: ${count(readBack.objects, 'object')}, ${formatBytes(readBack.bytes)}.`] : []),
    critical + warnings === 0
      ? `Nothing is wrong with the backups of server ${server}.`
      : `${count(critical, 'critical finding')} and ${count(warnings, 'warning')} about server ${server}.`,
  ];
}
