import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { MAIN_QUEUE } from '../../../src/model/queues.js';
import { SERVER, startBackupSystem } from '../../support/backup-system.js';
import { scrape, valueOf } from '../../support/scrape.js';
import { waitUntil } from '../../support/wait-until.js';

test('a worker that was just started tells how the backups stand', async () => {
  await using system = await startBackupSystem({
    databases: ['agentic', 'langfuse'],
    encryption: 'gpg',
    configuration: { schedules: { nightly: { hour: 2 } } },
  });
  const { port } = system.worker;
  const { backups } = await system.backUp({ databases: ['agentic'] });
  await system.worker.stop();
  await system.worker.start();
  const labels = { server: SERVER, database: 'agentic', kind: 'database' };
  await waitUntil('every part is told of', async () => {
    const parts = (await scrape(port)).filter(({ name }) => name === 'backup_metrics_refreshed_timestamp');
    return parts.length > 0 && parts.every(({ value }) => value > 0);
  });
  const samples = await scrape(port);
  expect(backups[0]).toMatchObject({ outcome: 'committed' });
  expect(valueOf(samples, 'backup_last_success_timestamp', labels)).toBeGreaterThan(0);
  expect(valueOf(samples, 'backup_size_bytes', labels)).toBe((backups[0] as { bytes: number }).bytes);
  expect(valueOf(samples, 'backup_duration_seconds', labels)).toBeGreaterThan(0);
  expect(valueOf(samples, 'backup_expected', { ...labels, database: 'langfuse' })).toBe(1);
  expect(valueOf(samples, 'backup_last_success_timestamp', { database: 'langfuse' })).toBeUndefined();
  expect(valueOf(samples, 'backup_schedule_ok', { schedule: 'nightly' })).toBe(0);
  expect(valueOf(samples, 'backup_encryption_usable', { method: 'gpg' })).toBe(1);
  expect(valueOf(samples, 'backup_storage_used_ratio', { volume: 'staging' })).toBeGreaterThan(0);
  expect(valueOf(samples, 'backup_storage_used_ratio', { volume: 'store file' })).toBeGreaterThan(0);
  expect(valueOf(samples, 'process_resident_memory_bytes')).toBeGreaterThan(0);
  expect(valueOf(samples, 'temporal_num_pollers', { task_queue: MAIN_QUEUE })).toBeGreaterThan(0);
});

test('a worker whose port is taken says so in one sentence, and ends', async () => {
  await using system = await startBackupSystem({ databases: ['app'], startWorker: false });
  const { port } = system.worker;
  const other = createServer((_, response) => response.writeHead(503).end()).listen(port, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close().closeAllConnections());
  await expect(system.worker.start()).rejects.toThrow(
    `127.0.0.1:${port} cannot be listened on (EADDRINUSE); set worker.port to a free one.`,
  );
});
