import { Command } from 'commander';
import { chooseBackup } from '../../../catalogue/choose-backup.js';
import { listBackups } from '../../../catalogue/list-backups.js';
import type { Configuration } from '../../../config/schema.js';
import { openConfiguredStore, untilDone } from '../../configured-server.js';
import { action } from '../../context.js';
import { print, printJson, say } from '../../output.js';
import { describeError } from '../../report-error.js';
import { renderKit, type KitFacts } from '../../rescue/render-kit.js';
import { version } from '../../../config/version.js';

/** What the newest backup of each server says of the programs and keys that it needs. */
async function readNewest(configuration: Configuration): Promise<KitFacts['newest']> {
  const store = await openConfiguredStore(configuration);
  const newest: KitFacts['newest'] = [];
  for (const { name: server } of configuration.servers) {
    const { backups } = await listBackups(store, server, untilDone);
    const [latest] = [...backups].sort((a, b) => b.time.getTime() - a.time.getTime());
    if (!latest) continue;
    const { manifest } = await chooseBackup([store], latest.subject, latest.id, undefined, untilDone);
    const { codec, encryption } = manifest.artifact;
    newest.push({
      server,
      major: Math.floor(manifest.serverVersion / 10_000),
      codec,
      keyFingerprints: encryption.method === 'gpg' ? encryption.keyFingerprints : [],
    });
  }
  return newest;
}

export const kit = new Command('kit')
  .description('print the page that belongs in the safe: programs, stores, keys, files, commands; no secret')
  .addHelpText(
    'after',
    `
Example:
  temponest-backups rescue kit > rescue.txt`,
  )
  .action(
    action(async (context): Promise<undefined> => {
      const configuration = await context.loadConfiguration();
      // The page is of use without it, and nothing should keep it from being printed.
      const newest = await readNewest(configuration).catch((error: unknown) => {
        say(`The page lacks what the newest backups would tell: ${describeError(error).message}`);
        return [];
      });
      const { configurationFile } = context;
      const page = renderKit(configuration, { version, configurationFile, newest });
      if (context.json) printJson({ page });
      else print(page);
    }),
  );
