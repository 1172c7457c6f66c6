import { Command, InvalidArgumentError, Option } from 'commander';
import { readAudit } from '../../../audit/read-audit.js';
import { duration } from '../../../config/duration.js';
import type { AuditEvent } from '../../../model/audit.js';
import { openConfiguredStore, untilDone } from '../../configured-server.js';
import { action } from '../../context.js';
import { count, formatTime, print, printJson, renderTable, say } from '../../output.js';

/** `7d`, or a moment with its date first. */
function parseSince(text: string): Date {
  const age = duration.safeParse(text);
  if (age.success) return new Date(Date.now() - age.data * 1000);
  const moment = new Date(text);
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(moment.getTime()))
    throw new InvalidArgumentError(
      'Give an age such as 12h or 7d, or a moment such as 2026-11-24T02:00:00Z.',
    );
  return moment;
}

function describeRow({ time, action: what, server = '', database, outcome, ...event }: AuditEvent): string[] {
  const { startedBy = '', requestedBy, facts, failure } = event;
  const who = requestedBy === undefined ? startedBy : `${requestedBy} (${startedBy})`;
  const said = Object.entries(facts).map(([name, value]) => `${name} ${value}`);
  return [
    formatTime(new Date(time)),
    what,
    database === undefined ? server : `${server}/${database}`,
    failure ? `${outcome}: ${failure.type}` : outcome,
    who,
    said.join(', '),
  ];
}

export const list = new Command('list')
  .description('list what was done, the oldest first')
  .addOption(
    new Option('--since <time>', 'an age such as 12h or 7d, or a moment in ISO 8601')
      .argParser(parseSince)
      .default(parseSince('7d'), '7d'),
  )
  .option('--store <name>', 'a store in backups.yaml (default: the primary)')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups audit list --since 30d
  temponest-backups audit list --since 2026-11-01 --json | jq '.events[] | select(.action == "restore")'`,
  )
  .action(
    action(async (context, { since, store: name }: { since: Date; store?: string }): Promise<undefined> => {
      const store = await openConfiguredStore(await context.loadConfiguration(), name);
      const read = await readAudit(store, untilDone, ({ time }) => time >= since);
      const events = read.flatMap(({ record }) => record ?? []);
      if (context.json) {
        printJson({ store: store.name, since: since.toISOString(), events });
        return;
      }
      if (events.length > 0)
        print(renderTable(['TIME', 'ACTION', 'OF', 'OUTCOME', 'BY', 'FACTS'], events.map(describeRow)));
      print(`${count(events.length, 'event')} since ${formatTime(since)} in store ${store.name}.`);
      const unreadable = read.length - events.length;
      if (unreadable > 0)
        say(
          `${count(unreadable, 'object')} could not be read as events; see "temponest-backups audit verify".`,
        );
    }),
  );
