import { resolveServer } from '../../config/resolve.js';
import type { Configuration, ServerConfiguration } from '../../config/schema.js';
import { OperationError } from '../../model/failures.js';
import { nameOfStore } from '../../model/store-configuration.js';
import { scheduledWorkflows, type ScheduleConfiguration } from '../../model/schedule-configuration.js';

/** A schedule as backups.yaml declares it, everything left out filled in. */
export interface DeclaredSchedule {
  name: string;
  workflow: NonNullable<ScheduleConfiguration['workflow']>;
  server: string;
  times: ScheduleConfiguration;
}

const knownWorkflows: Readonly<Record<string, DeclaredSchedule['workflow'] | undefined>> = scheduledWorkflows;

/** What is of no use without archived WAL. */
const needsWal = new Set<DeclaredSchedule['workflow']>([
  'archiveWal',
  'backupCluster',
  'drillDisasterRecovery',
]);

/** What reads a store that can be chosen. */
const readsStore = new Set<DeclaredSchedule['workflow']>(['drillRestore', 'drillDisasterRecovery']);

const oneOf = new Intl.ListFormat('en', { type: 'disjunction' });

/**
 * The schedules that backups.yaml declares.
 *
 * @throws OperationError `InvalidConfiguration` for a name that stands for no workflow, an unknown time zone or server, and
 * for archiving what is not to be archived
 */
export function declaredSchedules(configuration: Configuration): DeclaredSchedule[] {
  return Object.entries(configuration.schedules).map(([name, times]) => {
    const workflow = times.workflow ?? knownWorkflows[name];
    if (!workflow)
      throw new OperationError(
        'InvalidConfiguration',
        `schedules.${name} says no workflow; add "workflow:", or call it ${oneOf.format(Object.keys(scheduledWorkflows))}.`,
      );
    checkTimezone(name, times.timezone);
    const server = findServer(configuration, name, times.server);
    if (needsWal.has(workflow) && !server.wal)
      throw new OperationError(
        'InvalidConfiguration',
        `schedules.${name}: no WAL of server ${server.name} is archived; add "wal: {}" to the server, or remove the schedule.`,
      );
    checkStore(configuration, name, workflow, times.from);
    return { name, workflow, server: server.name, times };
  });
}

function checkStore(
  { stores }: Configuration,
  name: string,
  workflow: DeclaredSchedule['workflow'],
  from: string | undefined,
): void {
  if (from === undefined) return;
  if (!readsStore.has(workflow))
    throw new OperationError(
      'InvalidConfiguration',
      `schedules.${name}.from: ${workflow} reads no store that can be chosen; remove it.`,
    );
  const names = stores.map(nameOfStore);
  if (!names.includes(from))
    throw new OperationError(
      'InvalidConfiguration',
      `schedules.${name}.from: there is no store "${from}"; use one of: ${names.join(', ')}.`,
    );
}

function checkTimezone(name: string, timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch (cause) {
    throw new OperationError(
      'InvalidConfiguration',
      `schedules.${name}.timezone: "${timeZone}" is no time zone; use an IANA name such as UTC or Europe/Berlin.`,
      { cause },
    );
  }
}

function findServer(
  configuration: Configuration,
  name: string,
  server: string | undefined,
): ServerConfiguration {
  try {
    return resolveServer(configuration, server);
  } catch (cause) {
    throw new OperationError('InvalidConfiguration', `schedules.${name}: ${(cause as Error).message}`, {
      cause,
    });
  }
}
