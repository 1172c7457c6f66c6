import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startPostgres } from '../../tools/servers/postgres.js';
import { startBackupSystem } from '../support/backup-system.js';
import { makeGpgHome, type GpgHome } from '../support/gpg-home.js';
import { expectEmptyStore, expectOneWholeBackup } from '../support/whole-backup.js';
import { failureOf } from '../support/workflow-failure.js';
import { makeWrappedPrograms, onlyCount } from '../support/wrapped-programs.js';

const ADDRESS = 'backups@test.invalid';

/** Revokes the key with the certificate that gpg made beside it. */
async function revoke({ gpg, fingerprint, home }: GpgHome): Promise<void> {
  const certificate = join(home, 'openpgp-revocs.d', `${fingerprint}.rev`);
  // gpg puts a colon before its first line, against accidents.
  await writeFile(certificate, (await readFile(certificate, 'utf8')).replace(/^:-----/m, '-----'));
  await gpg('--import', certificate);
}

test('a key that cannot be encrypted to fails the backup before the dump begins', async () => {
  await using postgres = await startPostgres();
  await postgres.query('postgres', 'CREATE DATABASE app');
  await using good = await makeGpgHome(ADDRESS);
  await using programs = await makeWrappedPrograms();
  const pgDump = await programs.wrap({ name: 'pg_dump', from: postgres.binDirectory, script: onlyCount });
  await using system = await startBackupSystem({
    databases: ['app'],
    postgres,
    encryption: 'gpg',
    key: good,
    recipient: ADDRESS,
    programDirectories: [programs.directory],
  });
  const publicKeys = join(system.scratch, 'public-keys.asc');
  const expectRefusal = async (fault: string) => {
    const { type, message } = await failureOf(await system.startBackup('app'));
    expect(type).toBe('KeyUnusable');
    expect(message).toContain(fault);
    expect(message).toContain(publicKeys);
    expect(message).toMatch(/^[^\n]+\.$/);
  };

  await using expired = await makeGpgHome(ADDRESS, {
    expires: '20200601T000000',
    options: ['--faked-system-time', '20200101T000000'],
  });
  await expired.exportPublicKeys(publicKeys);
  await expectRefusal(`the key of ${ADDRESS} expired on 2020-06-01`);

  await using revoked = await makeGpgHome(ADDRESS);
  await revoke(revoked);
  await revoked.exportPublicKeys(publicKeys);
  await expectRefusal(`the key of ${ADDRESS} is revoked`);

  await using other = await makeGpgHome('other@test.invalid');
  await other.exportPublicKeys(publicKeys);
  await expectRefusal(`no public key for recipient ${ADDRESS} is in the file`);

  await writeFile(publicKeys, randomBytes(2000));
  await expectRefusal('No public key can be read');

  expect(await pgDump.runs()).toEqual([]);
  expect(await system.listStaging()).toEqual([]);
  await expectEmptyStore(system.store);

  await good.exportPublicKeys(publicKeys);
  await expectOneWholeBackup(system, (await (await system.startBackup('app')).result()).backupId);
});
