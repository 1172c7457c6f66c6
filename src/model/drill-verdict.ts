import type {
  DrilledBackup,
  DrillReport,
  DrillResult,
  DrillRung,
  DrillVerdict,
  RungResult,
} from './drill.js';
import type { FailureType } from './failures.js';
import { subjectName } from './keys.js';

/** What speaks against the backup, on whatever rung; anything else that ends a climb is a lack of this worker. */
const againstBackup: readonly string[] = [
  'ArtifactDamaged',
  'BackupNotFound',
  'ManifestUnreadable',
  'DumpImplausible',
  'InventoryMismatch',
  'DrillFailed',
] satisfies FailureType[];

/** Where a program that fails does so for what it was given. */
const rungsOfContent: readonly DrillRung[] = ['unpack', 'globals', 'restore'];

/** What a failure on a rung, of a type of the failures table, says of the backup that climbs. */
export function judgeFailure(rung: DrillRung, type: string): 'failed' | 'notProvable' {
  const isAgainst =
    againstBackup.includes(type) ||
    (type === ('ProgramFailed' satisfies FailureType) && rungsOfContent.includes(rung));
  return isAgainst ? 'failed' : 'notProvable';
}

/** What the rungs that a backup climbed make of it. */
export function verdictOf(rungs: readonly RungResult[]): DrillVerdict {
  const has = (outcome: RungResult['outcome']) => rungs.some((rung) => rung.outcome === outcome);
  if (has('failed')) return 'failed';
  const isCompared = rungs.some(
    ({ rung, outcome }) => outcome === 'passed' && (rung === 'inventory' || rung === 'globals'),
  );
  return isCompared && !has('notProvable') ? 'proven' : 'notProvable';
}

/** The sentences that say why a backup is not proven. */
export function reasonsOf({ rungs }: Pick<DrilledBackup, 'rungs'>): string[] {
  return rungs
    .filter(({ outcome }) => outcome === 'failed' || outcome === 'notProvable')
    .flatMap(({ said }) => said);
}

/** Rungs that a recovery climbs as well, when nobody has the time to check. */
const rungsOfRecovery: readonly DrillRung[] = ['artifact', 'unpack', 'globals', 'restore'];

const secondsOf = (rungs: readonly RungResult[]) => rungs.reduce((sum, rung) => sum + rung.seconds, 0);

/** How long it takes to have everything back, and how much would be lost; see {@link DrillReport}. */
export function measureRecovery(
  drill: Pick<DrillReport, 'startedAt' | 'bootSeconds'>,
  backups: readonly DrilledBackup[],
): Pick<DrillReport, 'rtoSeconds' | 'rpoSeconds'> {
  const needed = backups.flatMap(({ rungs }) => rungs).filter(({ rung }) => rungsOfRecovery.includes(rung));
  const snapshots = backups.flatMap(({ database, snapshotTime }) =>
    database === undefined || snapshotTime === undefined ? [] : [Date.parse(snapshotTime)],
  );
  return {
    rtoSeconds: drill.bootSeconds + secondsOf(needed),
    ...(snapshots.length > 0 && {
      rpoSeconds: Math.max(0, (Date.parse(drill.startedAt) - Math.min(...snapshots)) / 1000),
    }),
  };
}

/** Backups named in a result that Temporal stores, and how much is said of each. */
const BACKUPS_SHOWN = 20;
const CHARACTERS_SHOWN = 120;
/** Reasons in one sentence. */
const REASONS_SHOWN = 3;

/** A drill's report as its workflow answers with it. */
export function summarizeReport(report: DrillReport, reportKey: string): DrillResult {
  const { id, server, store, rtoSeconds, rpoSeconds, backups } = report;
  const countOf = (verdict: DrillVerdict) => backups.filter((backup) => backup.verdict === verdict).length;
  return {
    drillId: id,
    server,
    store,
    reportKey,
    proven: countOf('proven'),
    failed: countOf('failed'),
    notProvable: countOf('notProvable'),
    rtoSeconds,
    ...(rpoSeconds !== undefined && { rpoSeconds }),
    backups: backups
      .toSorted((a, b) => Number(a.verdict === 'proven') - Number(b.verdict === 'proven'))
      .slice(0, BACKUPS_SHOWN)
      .map((backup) => {
        const [why] = reasonsOf(backup);
        return {
          ...(backup.database !== undefined && { database: backup.database }),
          ...(backup.backupId !== undefined && { backupId: backup.backupId }),
          verdict: backup.verdict,
          ...(why !== undefined && { why: why.slice(0, CHARACTERS_SHOWN) }),
          seconds: secondsOf(backup.rungs),
        };
      }),
  };
}

/** One sentence for a drill that did not prove everything; undefined when it did. */
export function explainDrill({
  proven,
  failed,
  notProvable,
  backups,
  reportKey,
}: DrillResult): string | undefined {
  const unproven = backups.filter(({ verdict }) => verdict !== 'proven');
  if (unproven.length === 0) return undefined;
  const reasons = unproven
    .slice(0, REASONS_SHOWN)
    .map((backup) => `${subjectName(backup)}: ${backup.why ?? backup.verdict}`);
  return `${failed + notProvable} of ${proven + failed + notProvable} backups are not proven (${reasons.join(', ')}); see ${reportKey} in the store.`;
}
