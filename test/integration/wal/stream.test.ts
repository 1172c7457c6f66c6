import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeGpgHome } from '../../support/gpg-home.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';
import { startPostgres } from '../../../tools/servers/postgres.js';
import { waitUntil } from '../../support/wait-until.js';
import { makeArchiver, readArchived, readRestart, untilArchived, writeSegment } from './archiver-tests.js';

describe.each([15, 16, 18])('WAL of PostgreSQL %i', (major) => {
  it('arrives in the store as the server wrote it, encrypted, and only then leaves the server', async () => {
    await using server = await startPostgres({ major, settings: { wal_keep_size: '1GB' } });
    await using key = await makeGpgHome('wal@test.invalid');
    const publicKeysFile = join(await makeScratchDirectory(), 'public.asc');
    await key.exportPublicKeys(publicKeysFile);
    const archiver = await makeArchiver(server);
    const running = archiver.start({ keys: { recipients: [key.fingerprint], publicKeysFile } });

    await waitUntil('the slot is there', () => readRestart(server));
    await writeSegment(server);
    const end = await writeSegment(server);
    const names = await untilArchived(archiver, end);
    for (const name of names.slice(-2)) {
      const original = await readFile(join(server.dataDirectory, 'pg_wal', name));
      expect((await readArchived(archiver, name, key.home)).equals(original)).toBe(true);
    }
    await waitUntil('the slot has moved on', async () => (await readRestart(server))! >= end);
    await running.stop();
  });
});
