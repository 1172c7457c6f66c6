import { expect, test } from 'vitest';
import { SERVER, startBackupSystem } from '../../support/backup-system.js';
import { scrape, valueOf } from '../../support/scrape.js';
import { waitUntil } from '../../support/wait-until.js';

test('a worker that was just started tells how the backups stand', async () => {
  await using system = await startBackupSystem({ databases: ['agentic', 'langfuse'] });
  const { port } = system.worker;
  const { backups } = await system.backUp({ databases: ['agentic'] });
  expect(backups).toHaveLength(1);
  await system.worker.stop();
  await system.worker.start();
  const labels = { server: SERVER, database: 'agentic', kind: 'database' };
  await waitUntil('the backup is told of', async () =>
    Boolean(valueOf(await scrape(port), 'backup_last_success_timestamp', labels)),
  );
  const samples = await scrape(port);
  const [stored] = backups;
  expect(stored).toMatchObject({ outcome: 'committed' });
  expect(valueOf(samples, 'backup_size_bytes', labels)).toBe((stored as { bytes: number }).bytes);
  expect(valueOf(samples, 'backup_duration_seconds', labels)).toBeGreaterThan(0);
  expect(valueOf(samples, 'backup_expected', { ...labels, database: 'langfuse' })).toBe(1);
  expect(valueOf(samples, 'backup_last_success_timestamp', { database: 'langfuse' })).toBeUndefined();
});
