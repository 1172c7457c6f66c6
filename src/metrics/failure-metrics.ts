import { Counter, Registry } from 'prom-client';
import { subjectName, type BackupSubject } from '../model/keys.js';
import { operationId } from '../model/queues.js';
import { workflowContracts } from '../model/workflow-contracts.js';
import type { MetricsPart } from './part.js';
import type { FailedRun } from './read-failures.js';

/** The workflow that tells the channels; a channel that is down fails it. */
const OTHERS = ['notifyChannels'];

const workflowTypes = new Set([...Object.keys(workflowContracts), ...OTHERS]);

/**
 * Counts the runs that failed. The labels are those of what is configured: whoever starts runs for names of his own makes no
 * series of his own.
 *
 * @param expectedSubjects - what is to be backed up, as far as it is known
 */
export function failureMetrics(
  servers: readonly string[],
  expectedSubjects: () => readonly BackupSubject[],
  readFailures: (signal: AbortSignal) => Promise<FailedRun[]>,
): MetricsPart {
  const registry = new Registry();
  const failures = new Counter({
    name: 'backup_failures_total',
    help: 'Runs of our workflows that failed, timed out or were terminated since this worker was started',
    labelNames: ['workflow', 'server', 'database'] as const,
    registers: [registry],
  });
  const known = new Set(servers);
  // From zero on, or the first failure would be no increase.
  for (const workflow of workflowTypes)
    for (const server of ['', ...servers]) failures.inc({ workflow, server, database: '' }, 0);
  return {
    name: 'failures',
    registry,
    async refresh(signal) {
      const subjects = expectedSubjects();
      const bySubject = new Map(subjects.map((subject) => [operationId(subject), subject]));
      for (const subject of subjects) failures.inc(labelsOf(subject), 0);
      for (const { workflowType, workflowId, server = '' } of await readFailures(signal)) {
        if (!workflowTypes.has(workflowType)) continue;
        const subject = bySubject.get(workflowId);
        const ofServer = { server: known.has(server) ? server : '', database: '' };
        failures.inc({ ...(subject ? labelsOf(subject) : ofServer), workflow: workflowType });
      }
    },
  };
}

const labelsOf = (subject: BackupSubject) => ({
  workflow: subject.kind === 'database' ? 'backupDatabase' : 'backupGlobals',
  server: subject.server,
  database: subjectName(subject),
});
