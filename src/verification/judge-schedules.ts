import type { Finding } from '../model/findings.js';
import { encodeName } from '../model/names.js';
import type { ScheduleCounts } from '../model/verification.js';
import type { ScheduleState } from './read-schedules.js';

/** What is to be seen to when a run had to be left out. */
const SEE_RUNS =
  'see with "temponest-backups schedules list" and in the Temporal UI why its runs take so long';

/**
 * Judges the schedules that are declared for a server by what Temporal has.
 *
 * @param before - what the verification before counted; runs that were left out since then are named
 */
export function judgeSchedules(
  server: string,
  schedules: readonly ScheduleState[],
  before: readonly ScheduleCounts[],
): Finding[] {
  return schedules.flatMap((schedule) => {
    const { name, found } = schedule;
    const about = (kind: string, finding: Pick<Finding, 'severity' | 'what' | 'remedy'>): Finding => ({
      id: `${kind}/${encodeName(server)}/${encodeName(name)}`,
      where: `schedule ${name}`,
      ...finding,
    });
    if (!found)
      return about('schedule-missing', {
        severity: 'critical',
        what: `Temporal has no schedule "${name}", which backups.yaml declares: nothing starts it.`,
        remedy: 'run "temponest-backups schedules apply"',
      });
    if (found.isPaused)
      return about('schedule-paused', {
        severity: 'warning',
        what: `The schedule "${name}" is paused: nothing starts it.`,
        remedy: `run "temponest-backups schedules resume ${name}" when the reason is gone`,
      });
    const skipped = countSkipped(schedule, before);
    return skipped === 0
      ? []
      : about('schedule-skipping', {
          severity: 'warning',
          what: `The schedule "${name}" did not start ${skipped === 1 ? 'one run' : `${skipped} runs`} since the verification before: the run before was still going on, or Temporal was down for too long.`,
          remedy: SEE_RUNS,
        });
  });
}

/** The counts to compare those of the next verification with. */
export function countSchedules(schedules: readonly ScheduleState[]): ScheduleCounts[] {
  return schedules.flatMap(({ name, found }) =>
    found ? [{ name, skippedOverlap: found.skipped.overlap, missedCatchup: found.skipped.catchup }] : [],
  );
}

/** Archiving WAL never ends, so that its schedule leaves out every run: that is what it is for. */
function countSkipped({ name, found }: ScheduleState, before: readonly ScheduleCounts[]): number {
  const last = before.find((counts) => counts.name === name);
  if (!last || !found) return 0;
  const overlap =
    found.workflowType === 'archiveWal' ? 0 : grownBy(found.skipped.overlap, last.skippedOverlap);
  return overlap + grownBy(found.skipped.catchup, last.missedCatchup);
}

/** A schedule that was made anew counts from zero. */
const grownBy = (now: number, before: number) => (now >= before ? now - before : now);
