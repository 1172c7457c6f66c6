import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RecipientKey } from '../../src/archive/gpg.js';
import { keyMetrics } from '../../src/metrics/key-metrics.js';
import { warnOfKeys, watchKeys } from '../../src/metrics/key-watch.js';
import { OperationError } from '../../src/model/failures.js';
import { parseSamples, valueOf } from '../support/scrape.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

const signal = new AbortController().signal;
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);

/** A watch whose gpg says what it is told to. */
async function watch(answer: () => RecipientKey[]) {
  const file = join(await makeScratchDirectory(), 'keys.asc');
  await writeFile(file, 'one');
  let asked = 0;
  const keys = watchKeys(file, () => {
    asked += 1;
    return new Promise((resolve) => resolve(answer()));
  });
  return { keys, replace: (content: string) => writeFile(file, content), asked: () => asked };
}

it('asks gpg anew only when the file has changed, or a key is past its date', async () => {
  let expiresAt = inDays(31);
  const { keys, replace, asked } = await watch(() => [{ fingerprint: 'F', expiresAt }]);
  expect(await warnOfKeys(keys, signal)).toBeUndefined();
  expect(await warnOfKeys(keys, signal)).toBeUndefined();
  expect(asked()).toBe(1);
  expiresAt = inDays(29);
  await replace('another');
  expect(await warnOfKeys(keys, signal)).toContain(`F on ${expiresAt.toISOString().slice(0, 10)}`);
  expect(asked()).toBe(2);
  expiresAt = inDays(-1);
  await replace('the third one');
  await keys.look(signal);
  await keys.look(signal);
  expect(asked()).toBe(4);
});

it('is not ready, and says so in the metrics, while a key is unusable', async () => {
  const gpg: { fault?: OperationError } = {};
  const expiresAt = inDays(90);
  const { keys, replace } = await watch(() => {
    if (gpg.fault) throw gpg.fault;
    return [{ fingerprint: 'F', expiresAt }, { fingerprint: 'G' }];
  });
  const part = keyMetrics(keys);
  const read = async (name: string, labels: Record<string, string>) => {
    await part.refresh(signal);
    return valueOf(parseSamples(await part.registry.metrics()), name, labels);
  };
  expect(await read('backup_encryption_usable', { method: 'gpg' })).toBe(1);
  expect(await read('backup_key_expiry_timestamp', { fingerprint: 'F' })).toBe(expiresAt.getTime() / 1000);
  expect(await read('backup_key_expiry_timestamp', { fingerprint: 'G' })).toBeUndefined();
  gpg.fault = new OperationError('KeyUnusable', 'Backups cannot be encrypted: the key is revoked; renew it.');
  await replace('revoked');
  await expect(warnOfKeys(keys, signal)).rejects.toBe(gpg.fault);
  expect(await read('backup_encryption_usable', { method: 'gpg' })).toBe(0);
  expect(await read('backup_key_expiry_timestamp', { fingerprint: 'F' })).toBe(expiresAt.getTime() / 1000);
});
