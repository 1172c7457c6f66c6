import { Command } from 'commander';
import { nameOfStore } from '../../../model/store-configuration.js';
import { redact } from '../../../observability/redaction.js';
import { probeStore, type StoreProbe } from '../../../stores/probe-store.js';
import { openConfiguredStore, untilDone } from '../../configured-server.js';
import { action } from '../../context.js';
import { print, printJson, renderTable } from '../../output.js';

/** How far a store's clock may be off, in seconds: signatures are refused from a quarter of an hour on. */
const CLOCK_TOLERANCE = 60;

type Checked = { store: string; url: string; role: 'primary' | 'replica' } & StoreProbe;

const isClockOff = ({ clockSeconds = 0 }: StoreProbe) => Math.abs(clockSeconds) > CLOCK_TOLERANCE;

function describeClock(probe: StoreProbe): string {
  const { clockSeconds } = probe;
  if (clockSeconds === undefined) return 'unknown';
  if (!isClockOff(probe)) return 'ok';
  return `${Math.abs(clockSeconds)} s ${clockSeconds > 0 ? 'ahead' : 'behind'}`;
}

function report(checked: readonly Checked[]): void {
  print(
    renderTable(
      ['STORE', 'ROLE', 'REACH', 'WRITE', 'READ', 'DELETE', 'CLOCK'],
      checked.map((each) => [
        ...[each.store, each.role, each.reach, each.write, each.read, each.delete],
        describeClock(each),
      ]),
    ),
  );
  for (const { fault } of checked) if (fault !== undefined) print(`\n${fault}`);
  for (const each of checked)
    if (isClockOff(each))
      print(
        `\nThe clock of store "${each.store}" and the one here are ${Math.abs(each.clockSeconds!)} s apart; set this machine's by NTP, then look at the store's.`,
      );
}

export const check = new Command('check')
  .description('try each store: reach it, write and read a small object, and delete that where it is allowed')
  .argument('[store]', 'only this one')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups stores check
  temponest-backups stores check offsite

DELETE may say "denied": so it should, for credentials that may only write. The small object then stays, below checks/.
Exit codes: 0 all can be used, 1 one cannot, 2 wrong usage or configuration.`,
  )
  .action(
    action(async (context, wanted: string | undefined) => {
      const configuration = await context.loadConfiguration();
      const names = wanted === undefined ? configuration.stores.map(nameOfStore) : [wanted];
      const primary = nameOfStore(configuration.stores[0]!);
      const checked: Checked[] = [];
      for (const name of names) {
        const store = await openConfiguredStore(configuration, name);
        const probe = await probeStore(store, untilDone);
        const fault = probe.fault === undefined ? {} : { fault: redact(probe.fault) };
        checked.push({
          ...{ store: name, url: store.url, role: name === primary ? 'primary' : 'replica' },
          ...probe,
          ...fault,
        });
      }
      if (context.json) printJson({ stores: checked });
      else report(checked);
      return checked.some((each) => each.fault !== undefined || isClockOff(each)) ? 1 : 0;
    }),
  );
