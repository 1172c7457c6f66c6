import { isDeepStrictEqual } from 'node:util';
import { Command } from 'commander';
import { wantedTimes } from '../../../config/retention.js';
import type { Configuration } from '../../../config/schema.js';
import { OperationError } from '../../../model/failures.js';
import { lifecycleRules, type LifecycleRule } from '../../../model/lifecycle.js';
import { nameOfStore } from '../../../model/store-configuration.js';
import type { BucketLifecycle, ProviderRules } from '../../../stores/store.js';
import { confirm } from '../../confirm.js';
import { openConfiguredStore, untilDone } from '../../configured-server.js';
import { action, type Context, type ExitCode } from '../../context.js';
import { count, print, printJson, say } from '../../output.js';

interface Options {
  yes?: boolean;
  dryRun?: boolean;
}

/** A rule that is not as it is to be; `undefined` where there is none. */
interface Change {
  prefix: string;
  from: unknown;
  to: unknown;
}

function compareRules(there: ProviderRules, wanted: ProviderRules): Change[] {
  return [...new Set([...Object.keys(there), ...Object.keys(wanted)])]
    .map((prefix) => ({ prefix, from: there[prefix], to: wanted[prefix] }))
    .filter(({ from, to }) => !isDeepStrictEqual(from, to));
}

function printChange({ prefix, from, to }: Change): void {
  print(`${from === undefined ? '+' : to === undefined ? '-' : '~'} ${prefix}`);
  if (from !== undefined) print(`    is  ${JSON.stringify(from)}`);
  if (to !== undefined) print(`    new ${JSON.stringify(to)}`);
}

function rulesOf(configuration: Configuration, name: string | undefined): LifecycleRule[] {
  const store = configuration.stores.find((each) => nameOfStore(each) === name) ?? configuration.stores[0]!;
  const servers = configuration.servers.map((server) => server.name);
  return lifecycleRules(store, wantedTimes(configuration), servers, new Date());
}

/** Shows what would change and, once that was agreed to, changes it. */
async function bringInto(
  lifecycle: BucketLifecycle,
  rules: readonly LifecycleRule[],
  { json }: Context,
  { yes, dryRun }: Options,
): Promise<ExitCode> {
  const wanted = lifecycle.render(rules);
  const changes = compareRules(await lifecycle.read(untilDone), wanted);
  if (!json) changes.forEach(printChange);
  if (dryRun || changes.length === 0) {
    if (json) printJson({ changes, applied: false });
    else if (changes.length === 0) print('Nothing to change.');
    else print(`${count(changes.length, 'rule')} to change; nothing was changed (--dry-run).`);
    return 0;
  }
  if (!yes && !(await confirm('Have the provider follow these rules? It deletes by them without asking.'))) {
    say('Nothing was changed.');
    return 1;
  }
  await lifecycle.write(rules, untilDone);
  const different = compareRules(await lifecycle.read(untilDone), wanted);
  if (json) printJson({ changes, applied: true, different });
  else {
    print(`${count(changes.length, 'rule')} changed.`);
    if (different.length > 0) print('The provider understood these otherwise:');
    different.forEach(printChange);
  }
  return 0;
}

export const lifecycle = new Command('lifecycle')
  .description("the provider's own rules for a store: show what would change, then change it; asks first")
  .argument('[store]', 'default: the primary')
  .option('--dry-run', 'only show what would change')
  .option('--yes', 'do not ask')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups stores lifecycle --dry-run
  temponest-backups stores lifecycle offsite --yes

Old backups and WAL move to the classes that "lifecycle" names in backups.yaml, uploads that were never finished are
given up after a week, and what pruning should have deleted a year before goes. Only rules for this store's prefix are
changed. Azure takes them from who administers the account: the document for that is printed.`,
  )
  .action(
    action(async (context, name: string | undefined, options: Options) => {
      const configuration = await context.loadConfiguration();
      const store = await openConfiguredStore(configuration, name);
      const rules = rulesOf(configuration, name);
      if (store.lifecycle === undefined)
        throw new OperationError(
          'InvalidArgument',
          `Store "${store.name}" is a directory and has no provider that could follow rules; name one in a cloud.`,
        );
      if ('read' in store.lifecycle) return await bringInto(store.lifecycle, rules, context, options);
      const policy = store.lifecycle.document(rules);
      say(
        'Give this to "az storage account management-policy create --policy @policy.json", together with the rules that the account has: it replaces them.',
      );
      printJson(policy);
      return 0;
    }),
  );
