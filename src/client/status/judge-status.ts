import type { Finding } from '../../model/findings.js';
import { labelSubject } from '../../model/subject-names.js';
import type { VerificationReport } from '../../model/verification.js';
import type { SubjectStatus } from '../../verification/assess-subjects.js';
import type { TemporalStatus } from './read-temporal-status.js';
import type { WalReport } from './render-wal-status.js';

/** Something that is not as it should be. */
export interface StatusFault {
  severity: Finding['severity'];
  what: string;
  remedy?: string;
}

/** A database, the globals or the whole server, and when a drill last proved a backup of it. */
export type DatabaseStatus = SubjectStatus & { provenAt?: string };

/** How a server's backups stand, as `status --json` answers. */
export interface StatusReport {
  server: string;
  /** Absent when the store could not be read. */
  store?: string;
  state: SubjectStatus['state'];
  /** Critical ones before the others; empty when the state is ok. */
  faults: StatusFault[];
  databases: DatabaseStatus[];
  /** Present for a server whose WAL is archived. */
  wal?: WalReport;
  /** The newest one; its findings are of then. */
  verification?: Pick<VerificationReport, 'id' | 'finishedAt' | 'findings'>;
  temporal: TemporalStatus;
}

/**
 * Judges how a server's backups stand.
 *
 * @param known - with the faults that were met on the way
 */
export function judgeStatus(
  known: Omit<StatusReport, 'state' | 'verification'> & {
    verification?: VerificationReport;
    declaredSchedules: readonly string[];
  },
): StatusReport {
  const { declaredSchedules, verification, ...rest } = known;
  const { databases, wal, temporal } = known;
  const live = wal?.findings ?? [];
  // What is judged here and now counts as it is now.
  const isLive = new Set(live.map(({ id }) => id));
  const verified = verification?.findings.filter(({ id }) => !isLive.has(id) && !isJudgedHere(id)) ?? [];
  const all: StatusFault[] = [
    ...known.faults,
    ...judgeDatabases(databases),
    ...[...live, ...verified].map(({ severity, what, remedy }) => ({ severity, what, remedy })),
    ...judgeTemporal(temporal, declaredSchedules),
  ];
  const isCritical = ({ severity }: StatusFault) => severity === 'critical';
  const faults = [...all.filter(isCritical), ...all.filter((fault) => !isCritical(fault))];
  return {
    ...rest,
    state: faults[0]?.severity ?? 'ok',
    faults,
    ...(verification
      ? {
          verification: {
            id: verification.id,
            finishedAt: verification.finishedAt,
            findings: verification.findings,
          },
        }
      : {}),
  };
}

/** Kinds of findings, which their ids begin with, that are judged anew each time: they go when their cause does. */
const judgedHere = ['wal-', 'base-without-wal', 'backup-late', 'schedule-missing', 'schedule-paused'];

const isJudgedHere = (id: string) => judgedHere.some((kind) => id.startsWith(kind));

function judgeDatabases(databases: readonly DatabaseStatus[]): StatusFault[] {
  const name = (wanted: SubjectStatus['state'], hasBackup = true) =>
    databases
      .filter(({ kind, state, backup }) => kind !== 'base' && state === wanted && !!backup === hasBackup)
      .map(labelSubject)
      .join(', ');
  const [without, unreadable, late] = [name('critical', false), name('critical'), name('warning')];
  const base = databases.find((database) => database.kind === 'base');
  const fault = (severity: StatusFault['severity'], what: string): StatusFault => ({ severity, what });
  return [
    ...(without ? [fault('critical', `no backup at all of ${without}.`)] : []),
    ...(unreadable ? [fault('critical', `no readable backup at all of ${unreadable}.`)] : []),
    ...(base?.state === 'critical' ? [fault('critical', 'no base backup at all of the whole server.')] : []),
    ...(late ? [fault('warning', `no readable backup of the last 25 h of ${late}.`)] : []),
    ...(base?.state === 'warning' ? [fault('warning', 'no readable base backup of the last 8 days.')] : []),
  ];
}

function judgeTemporal({ schedules, fault }: TemporalStatus, declared: readonly string[]): StatusFault[] {
  if (fault !== undefined) return [{ severity: 'warning', what: fault }];
  const known = new Set(schedules.map(({ name }) => name));
  const missing = declared.filter((name) => !known.has(name));
  const paused = schedules.filter((schedule) => schedule.paused).map(({ name }) => name);
  return [
    ...(missing.length > 0
      ? [
          {
            severity: 'critical' as const,
            what: `backups.yaml declares schedules that Temporal does not have: ${missing.join(', ')}.`,
            remedy: 'run "temponest-backups schedules apply"',
          },
        ]
      : []),
    ...(paused.length > 0
      ? [
          {
            severity: 'warning' as const,
            what: `Paused schedules start nothing: ${paused.join(', ')}.`,
            remedy: 'run "temponest-backups schedules resume" for each when the reason is gone',
          },
        ]
      : []),
  ];
}
