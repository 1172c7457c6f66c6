import type { VerifyResult } from '../model/findings.js';
import type { ExitCode } from './context.js';
import { count, print, printJson } from './output.js';

/** Prints findings, and answers with the exit code. */
export function reportFindings(result: VerifyResult, { json }: { json: boolean }): ExitCode {
  const { server, critical, warnings, findings } = result;
  if (json) printJson(result);
  else {
    for (const { severity, what, remedy } of findings)
      print(`${severity.toUpperCase()}: ${what} To do: ${remedy}.`);
    print(
      critical + warnings === 0
        ? `Nothing is wrong with the backups of server ${server}.`
        : `${count(critical, 'critical finding')} and ${count(warnings, 'warning')} about server ${server}.`,
    );
  }
  return critical > 0 ? 1 : 0;
}
