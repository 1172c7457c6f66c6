import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startBackupSystem } from '../../support/backup-system.js';
import { makeOperatorsDesk } from '../../support/operators-desk.js';
import { readPageCommands } from '../../support/page-commands.js';

/** In milliseconds, for two drills. */
const PATIENCE = 300_000;

test(
  'every command of docs/drills.md does what the page says',
  async () => {
    const page = await readPageCommands(join(import.meta.dirname, '../../../docs/drills.md'));
    const databases = ['agentic', 'langfuse', 'approvals'];
    await using system = await startBackupSystem({
      databases,
      server: { globals: true, checks: { agentic: ['SELECT count(*) > 0 FROM agents'] } },
      configuration: { schedules: { 'drill-monthly': { dayOfMonth: 1, hour: 4 } } },
    });
    await system.postgres.query('agentic', 'CREATE TABLE agents AS SELECT 1 AS id');
    await system.backUp();
    const desk = await makeOperatorsDesk(system);

    const drills = await desk.run(page.take('Restore drills'));
    expect(drills).toMatch(/^4 of 4 backups of server main .*proven\.$/m);
    expect(drills).toMatch(/^3 of 3 backups of server main .*proven\.$/m);
    const { signal } = new AbortController();
    const reports: string[] = [];
    for await (const { key } of system.store.list('drills/main/', signal)) reports.push(key);
    expect(reports.filter((key) => key.endsWith('.json'))).toHaveLength(2);
    expect(reports.filter((key) => key.endsWith('.md'))).toHaveLength(2);

    await desk.run(page.take('Restore drills'));
    expect(await desk.run('temponest-backups schedules list')).toMatch(/drill-monthly/);
    expect(page.rest()).toEqual([]);
  },
  PATIENCE,
);
