import type { Environment } from '../config/environment.js';
import type { Configuration } from '../config/schema.js';
import type { AuditEvent } from '../model/audit.js';
import { digestOf } from './make-record.js';

/** The start or the end of a worker: which version, doing what, with which configuration. */
export function workerEvent(
  what: 'started' | 'stopped',
  {
    configuration,
    environment,
    roles,
    version,
  }: {
    configuration: Configuration;
    environment: Pick<Environment, 'identity'>;
    roles: readonly string[];
    version: string;
  },
): AuditEvent {
  return {
    ...{ action: 'worker', outcome: 'committed', time: new Date().toISOString() },
    startedBy: environment.identity,
    facts: {
      ...{ what, version, roles: roles.join(',') },
      // Secrets are not in it: it names their files.
      configurationSha256: digestOf(JSON.stringify(configuration)),
    },
  };
}
