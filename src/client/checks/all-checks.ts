import { openStores } from '../../catalogue/open-stores.js';
import type { Environment } from '../../config/environment.js';
import type { Configuration } from '../../config/schema.js';
import { secretsOfChannel, secretsOfHeartbeat } from '../../config/channels.js';
import { readSecret } from '../../config/secrets.js';
import { locateProgram } from '../../programs/locate-program.js';
import { withTemporal } from '../connect.js';
import { declaredSchedules } from '../schedules/declared-schedules.js';
import { checkEncryption } from './check-encryption.js';
import { checkServer } from './check-server.js';
import { checkStaging } from './check-staging.js';
import { ok, warning, type Check } from './check.js';

/** Everything that has to be there for the backups that a configuration asks for. */
export function allChecks(configuration: Configuration, environment: Environment): Check[] {
  const { servers, stores, encryption, staging, compression, programDirectories } = configuration;
  const { path, passFile } = environment;
  const directories = [...programDirectories, ...path];
  return [
    ...servers.flatMap((server) => checkServer(server, { path, passFile, programDirectories })),
    ...stores.map((store) => checkStore(configuration, store)),
    checkEncryption(encryption, directories),
    {
      name: 'archiving',
      run: async () => {
        const programs = ['tar', compression.method].map((program) => locateProgram(program, directories));
        return ok((await Promise.all(programs)).join(', '));
      },
    },
    checkStaging(staging.directory),
    {
      name: 'schedules',
      run: () => {
        const names = declaredSchedules(configuration).map(({ name }) => name);
        return Promise.resolve(
          names.length > 0
            ? ok(names.join(', '))
            : warning('Nothing runs by itself; declare "nightly" under schedules.'),
        );
      },
    },
    ...checkNotifications(configuration),
    checkTemporal(environment),
  ];
}

function checkStore(configuration: Configuration, store: Configuration['stores'][number]): Check {
  return {
    name: `store ${store.url}`,
    run: async (signal) => {
      for (const opened of await openStores({ ...configuration, stores: [store] }))
        await opened.check(signal);
      return ok(store === configuration.stores[0] ? 'can be reached' : 'can be reached; a replica');
    },
  };
}

/** Nothing is sent: only that the secrets are there. */
function checkNotifications({ notifications, servers }: Configuration): Check[] {
  const secrets = [...notifications.flatMap(secretsOfChannel), ...servers.flatMap(secretsOfHeartbeat)];
  return secrets.map(({ channel, file, what }) => ({
    name: `${channel} ${file}`,
    run: async () => {
      await readSecret(file, what);
      return ok(`its ${what} can be read`);
    },
  }));
}

function checkTemporal(environment: Environment): Check {
  const { connectionOptions, namespace } = environment.temporal;
  return {
    name: 'temporal',
    run: () =>
      withTemporal(environment, async (client) => {
        await client.workflowService.describeNamespace({ namespace });
        return ok(`${connectionOptions.address}, namespace ${namespace}`);
      }),
  };
}
