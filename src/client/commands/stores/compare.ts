import { Command } from 'commander';
import { resolveServer } from '../../../config/resolve.js';
import { lagSeconds, measureLag, type ReplicaLag } from '../../../replication/measure-lag.js';
import { openConfiguredStore, untilDone } from '../../configured-server.js';
import { action } from '../../context.js';
import { formatAge, formatBytes, print, printJson, renderTable } from '../../output.js';
import { describeError } from '../../report-error.js';
import { chooseReplicas } from './choose-replicas.js';

/** How a replica is, or why that cannot be told. */
type Compared = ReplicaLag | { store: string; fault: string };

const isEqual = (compared: Compared) =>
  !('fault' in compared) && compared.objects === 0 && compared.different.length === 0;

function describeRow(compared: Compared, now: Date): string[] {
  if ('fault' in compared) return [compared.store, 'unknown', '', '', ''];
  const { store, objects, bytes, since, different } = compared;
  const state = different.length > 0 ? 'differs' : objects > 0 ? 'lags' : 'equal';
  const age = since === undefined ? '' : formatAge(lagSeconds(compared, now));
  return [store, state, String(objects), formatBytes(bytes), age];
}

function report(compared: readonly Compared[]): void {
  const now = new Date();
  print(
    renderTable(
      ['STORE', 'STATE', '>LACKS', '>BYTES', '>SINCE'],
      compared.map((each) => describeRow(each, now)),
    ),
  );
  for (const each of compared)
    if ('fault' in each) print(`\n${each.fault}`);
    else if (each.different.length > 0)
      print(
        `\nStore "${each.store}" holds something of another size than the primary under these keys; find out which is whole, and remove the other:\n${each.different.map((key) => `  ${key}`).join('\n')}`,
      );
}

export const compare = new Command('compare')
  .description('compare each replica with the primary, by keys and sizes; reads no backup')
  .argument('[store]', 'only this one')
  .option('--server <name>', 'the server in backups.yaml; needed when it has several')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups stores compare
  temponest-backups stores compare offsite --json | jq '.replicas[].objects'

What only a replica has is no difference: its old backups are pruned by themselves.
Exit codes: 0 every replica has all that the primary has, 1 one does not, 2 wrong usage or configuration.`,
  )
  .action(
    action(async (context, wanted: string | undefined, options: { server?: string }) => {
      const configuration = await context.loadConfiguration();
      const { name: server } = resolveServer(configuration, options.server);
      const names = chooseReplicas(configuration, wanted);
      const primary = await openConfiguredStore(configuration);
      const replicas: Compared[] = [];
      for (const store of names)
        try {
          const replica = await openConfiguredStore(configuration, store);
          await replica.check(untilDone);
          replicas.push(await measureLag(primary, replica, server, untilDone));
        } catch (error) {
          replicas.push({ store, fault: describeError(error).message });
        }
      if (context.json) printJson({ server, primary: primary.name, replicas });
      else report(replicas);
      return replicas.every(isEqual) ? 0 : 1;
    }),
  );
