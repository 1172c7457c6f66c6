import { Command } from 'commander';
import { readAudit } from '../../../audit/read-audit.js';
import { readOwnHead } from '../../../audit/ledger.js';
import { verifyChains } from '../../../audit/verify-chains.js';
import { openConfiguredStore, untilDone } from '../../configured-server.js';
import { action, type ExitCode } from '../../context.js';
import { count, formatTime, print, printJson, renderTable } from '../../output.js';

export const verify = new Command('verify')
  .description('look for events that are missing or were altered')
  .option('--store <name>', 'a store in backups.yaml (default: the primary)')
  .addHelpText(
    'after',
    `
Example:
  temponest-backups audit verify

On a worker's host the events that its staging volume remembers as the newest are looked for as well: elsewhere a chain
that was cut off at its end looks whole.
Exit codes: 0 nothing is wrong, 1 something is, 2 wrong usage or configuration.`,
  )
  .action(
    action(async (context, { store: name }: { store?: string }): Promise<ExitCode> => {
      const configuration = await context.loadConfiguration();
      const store = await openConfiguredStore(configuration, name);
      const own = await readOwnHead(configuration.staging.directory);
      const heads = new Map(own ? [[own.writer, own.head]] : []);
      const report = verifyChains(await readAudit(store, untilDone), heads);
      const { events, unchained, writers, faults, twins } = report;
      if (context.json) printJson({ store: store.name, ...report });
      else {
        if (writers.length > 0)
          print(
            renderTable(
              ['WRITER', '>EVENTS', 'FROM', 'TO'],
              writers.map(({ writer, events: written, from, to }) => [
                writer,
                String(written),
                formatTime(new Date(from)),
                formatTime(new Date(to)),
              ]),
            ),
          );
        for (const { what } of faults) print(what);
        for (const { writer, number, keys } of twins)
          print(
            `${count(keys.length, 'event')} of ${writer} have the number ${number}: commands ran at once, or one was added. ${keys.join(', ')}`,
          );
        const without = unchained > 0 ? `; ${unchained} of them are older than the chains` : '';
        print(
          faults.length === 0
            ? `${count(events, 'event')} in store ${store.name}, none missing or altered${without}.`
            : `${count(faults.length, 'fault')} among ${count(events, 'event')} in store ${store.name}${without}; compare with a replica.`,
        );
      }
      return faults.length === 0 ? 0 : 1;
    }),
  );
