import { execa } from 'execa';
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Manifest } from '../../../src/model/manifest.js';
import { findFreePort } from '../../../tools/servers/free-port.js';
import { startBackupSystem } from '../../support/backup-system.js';
import { makeOperatorsDesk } from '../../support/operators-desk.js';
import { readPageCommands } from '../../support/page-commands.js';
import { waitUntil } from '../../support/wait-until.js';

/** In milliseconds, for some ten commands. */
const PATIENCE = 300_000;

/** What of backups.yaml is changed here. */
interface Document {
  staging: { directory: string };
  worker: { port: number };
  encryption: object;
  restore: object;
}

test(
  'every command of docs/keys.md does what the page says',
  async () => {
    const page = await readPageCommands(join(import.meta.dirname, '../../../docs/keys.md'));
    await using system = await startBackupSystem({ databases: ['agentic'], startWorker: false });
    await system.postgres.query('agentic', 'CREATE TABLE agents AS SELECT generate_series(1, 100) AS id');
    const desk = await makeOperatorsDesk(system);
    const at = (...names: string[]) => join(desk.directory, ...names);
    const document = parse(await readFile(system.configurationFile, 'utf8')) as Document;
    const privateKeys = {
      privateKeysFile: at('backup_private_keys.asc'),
      passphraseFile: at('passphrase'),
    };
    const configure = (recipients: readonly string[]) => {
      document.encryption = { method: 'gpg', recipients, publicKeysFile: at('backup_public_keys.asc') };
      document.restore = privateKeys;
      return writeFile(system.configurationFile, stringify(document));
    };
    const fingerprintIn = (said: string) => /^ +([0-9A-F]{40})$/m.exec(said)![1]!;
    const fingerprintsOf = async () => {
      const { backups } = JSON.parse(await desk.run('temponest-backups list agentic --json')) as {
        backups: { id: string }[];
      };
      const shown = await desk.run(`temponest-backups show ${backups[0]!.id} --json`);
      const { artifact } = JSON.parse(shown) as Manifest;
      return artifact.encryption.method === 'gpg' ? artifact.encryption.keyFingerprints : [];
    };

    const making = 'Making a pair';
    const make = page.take(making);
    await desk.run(make);
    for (const secret of ['passphrase', 'backup_private_keys.asc'])
      expect((await stat(at(secret))).mode & 0o077).toBe(0);
    expect(await readdir(system.environment.TMPDIR!)).toEqual([]);
    const show = page.take(making);
    const old = fingerprintIn(await desk.run(show));
    await configure([old]);
    await system.worker.start();
    await system.backUp();
    expect(await fingerprintsOf()).toEqual([old]);
    await desk.run(page.take(making));
    expect(await system.postgres.query('look', 'SELECT FROM agents')).toHaveLength(100);

    await mkdir(at('new'));
    await copyFile(at('passphrase'), at('new', 'passphrase'));
    const makeAgain = make.replace(/^gpg --gen-random.*\n/m, '');
    await desk.run(`cd new; ${makeAgain}`);
    const young = fingerprintIn(await desk.run(`cd new; ${show}`));
    await configure([old, young]);
    expect(await desk.run(page.take('Rotating'))).toContain(`gpg to ${old}, ${young}`);
    await system.worker.stop();
    await system.worker.start();
    expect(await desk.run(page.take('Rotating'))).toMatch(/^1 of 1 backup of server main .* proven\.$/m);
    expect(await fingerprintsOf()).toEqual([old, young]);

    await configure([young]);
    await system.worker.stop();
    for (const [roles, restore] of [
      ['control,backup', {}],
      ['restore', privateKeys],
    ] as const) {
      const port = await findFreePort();
      const configurationFile = at(`${roles}.yaml`);
      const staging = { directory: at(roles) };
      await mkdir(staging.directory);
      const worker = { ...document.worker, port };
      await writeFile(configurationFile, stringify({ ...document, staging, worker, restore }));
      const env = { ...desk.environment, TEMPONEST_BACKUPS_CONFIG: configurationFile };
      const command = page.take('Who has which');
      expect(command).toContain(`--roles ${roles}\n`);
      const running = execa('sh', ['-c', `exec ${command}`], { env, extendEnv: false, reject: false });
      await waitUntil(`the worker with roles ${roles} is ready`, () =>
        fetch(`http://127.0.0.1:${port}/ready`).then(
          ({ ok }) => ok,
          () => false,
        ),
      );
      running.kill('SIGTERM');
      expect(await running).toMatchObject({ exitCode: 0 });
    }
    expect(page.rest()).toEqual([]);
  },
  PATIENCE,
);
