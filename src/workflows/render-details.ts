import { bytesText, durationText, plain, table } from '../model/markdown.js';

/** Databases that are listed; a server may have a thousand. */
const DATABASES_SHOWN = 50;

/** What a run may say of how far it is; each workflow type has some of it. */
export interface ShownProgress {
  step: string;
  backupId?: string;
  drillId?: string;
  /** The database that is made. */
  database?: string;
  /** The workflow that does the work. */
  workflowId?: string;
  server?: string;
  /** The store that is copied to. */
  store?: string;
  queue?: string;
  bytesExpected?: number;
  cutover?: string;
  trouble?: string;
  approvals?: { approvedBy: string[]; needed: number; ignored?: string };
  backups?: { database?: string; state: string; bytesExpected: number }[];
}

/** A step of a run, with when it began and ended in milliseconds since 1970. */
export interface StepTaken {
  step: string;
  begunAt: number;
  endedAt?: number;
  /** 0 when not known. */
  bytesExpected: number;
}

/** The steps with which a run has ended. */
const ENDS = ['committed', 'done', 'failed', 'cancelled'];

/** The states of a database that are of least interest. */
const QUIET = ['committed', 'proven', 'waiting'];

const strong = (text: string) => `**${plain(text)}**`;

/** A page for the Temporal UI, which shows it above the history. */
export function renderDetails(progress: ShownProgress, steps: readonly StepTaken[]): string {
  const { backups = [] } = progress;
  return [
    ...describeRun(progress),
    '',
    ...renderSteps(steps),
    ...(backups.length > 0 ? ['', ...renderBackups(backups)] : []),
  ].join('\n');
}

function describeRun(progress: ShownProgress): string[] {
  const { backupId, drillId, database, workflowId, server, store, queue, cutover, trouble, approvals } =
    progress;
  const facts = [
    ...(server === undefined ? [] : [`Server: ${strong(server)}`]),
    ...(store === undefined ? [] : [`Store: ${strong(store)}`]),
    ...(backupId === undefined ? [] : [`Backup: ${strong(backupId)}`]),
    ...(drillId === undefined ? [] : [`Drill: ${strong(drillId)}`]),
    ...(database === undefined ? [] : [`Database that is made: ${strong(database)}`]),
    ...(workflowId === undefined ? [] : [`The work is done by workflow ${strong(workflowId)}`]),
    ...(queue === undefined ? [] : [`Worker: ${strong(queue)}`]),
    ...(approvals && approvals.needed > 0 ? [describeApprovals(approvals)] : []),
    ...(cutover === undefined ? [] : [`Cutover: ${strong(cutover)}`]),
    ...(trouble === undefined ? [] : [`Trouble: ${plain(trouble)}`]),
  ];
  return [`Step: ${strong(progress.step)}`, ...facts].map((fact) => `- ${fact}`);
}

function describeApprovals({ approvedBy, needed, ignored }: NonNullable<ShownProgress['approvals']>): string {
  const names = approvedBy.length > 0 ? `, by ${approvedBy.map(plain).join(', ')}` : '';
  return `Approvals: ${approvedBy.length} of ${needed}${names}${ignored === undefined ? '' : `. ${plain(ignored)}`}`;
}

function renderSteps(steps: readonly StepTaken[]): string[] {
  const taken = steps.filter(({ step }) => !ENDS.includes(step));
  return table([
    ['step', 'began (UTC)', 'took', 'bytes'],
    ...taken.map(({ step, begunAt, endedAt, bytesExpected }) => [
      step,
      new Date(begunAt).toISOString().slice(11, 19),
      endedAt === undefined ? 'goes on' : durationText((endedAt - begunAt) / 1000),
      bytesExpected > 0 ? bytesText(bytesExpected) : '',
    ]),
  ]);
}

/** Those first that something happens to. */
function renderBackups(backups: NonNullable<ShownProgress['backups']>): string[] {
  const isQuiet = ({ state }: { state: string }) => QUIET.includes(state);
  const sorted = [...backups.filter((backup) => !isQuiet(backup)), ...backups.filter(isQuiet)];
  const left = backups.length - DATABASES_SHOWN;
  return [
    ...table([
      ['database', 'state', 'bytes'],
      ...sorted
        .slice(0, DATABASES_SHOWN)
        .map(({ database, state, bytesExpected }) => [
          database === undefined ? '_globals_' : plain(database),
          state,
          bytesExpected > 0 ? bytesText(bytesExpected) : '',
        ]),
    ]),
    ...(left > 0 ? ['', `and ${left} more`] : []),
  ];
}
