import { Command } from 'commander';
import { listBackups, type ListedBackup } from '../../catalogue/list-backups.js';
import { resolveServer } from '../../config/resolve.js';
import { subjectName } from '../../model/keys.js';
import { openConfiguredStore, untilDone } from '../configured-server.js';
import { action } from '../context.js';
import { count, formatAge, formatBytes, formatTime, print, printJson, renderTable } from '../output.js';

function describeBackup(backup: ListedBackup) {
  const { subject, id, time, manifestKey, artifacts } = backup;
  return {
    id,
    ...(subject.kind === 'database' ? { database: subject.database } : {}),
    kind: subject.kind,
    time: time.toISOString(),
    bytes: artifacts.reduce((sum, artifact) => sum + artifact.bytes, 0),
    manifestKey,
    artifactKeys: artifacts.map(({ key }) => key),
  };
}

function describeRow(backup: ListedBackup): string[] {
  const { id, time, bytes } = describeBackup(backup);
  return [
    id,
    subjectName(backup.subject),
    formatTime(new Date(time)),
    formatAge((Date.now() - backup.time.getTime()) / 1000),
    bytes === 0 ? 'artifact missing' : formatBytes(bytes),
  ];
}

export const list = new Command('list')
  .description('list the backups in a store, the newest first; Temporal is not needed')
  .argument('[database]', 'only its backups; "globals" for the roles and tablespaces')
  .option('--server <name>', 'the server in backups.yaml; needed when it has several')
  .option('--store <name>', 'a store in backups.yaml (default: the primary)')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups list
  temponest-backups list langfuse
  temponest-backups list --json | jq -r '.backups[0].id'`,
  )
  .action(
    action(
      async (
        context,
        database: string | undefined,
        options: { server?: string; store?: string },
      ): Promise<undefined> => {
        const configuration = await context.loadConfiguration();
        const server = resolveServer(configuration, options.server);
        const store = await openConfiguredStore(configuration, options.store);
        const listing = await listBackups(store, server.name, untilDone);
        const backups = listing.backups
          .filter((backup) => database === undefined || subjectName(backup.subject) === database)
          .sort((a, b) => b.time.getTime() - a.time.getTime());
        if (context.json)
          printJson({ server: server.name, store: store.name, backups: backups.map(describeBackup) });
        else {
          if (backups.length > 0)
            print(renderTable(['BACKUP', 'DATABASE', 'TIME', '>AGE', '>STORED'], backups.map(describeRow)));
          const of = database === undefined ? '' : ` of ${database}`;
          print(
            `${count(backups.length, 'backup')}${of} of server ${server.name} in store ${store.name} (${store.url}).`,
          );
        }
      },
    ),
  );
