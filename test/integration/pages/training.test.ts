import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seedTempoNest } from '../../../tools/data/seed-temponest.js';
import { startPostgres } from '../../../tools/servers/postgres.js';
import { startBackupSystem } from '../../support/backup-system.js';
import { makeOperatorsDesk } from '../../support/operators-desk.js';
import { readPageCommands } from '../../support/page-commands.js';

/** In milliseconds, for an hour's exercises without the thinking. */
const PATIENCE = 600_000;

test(
  'every exercise of docs/training.md ends as the page says',
  async () => {
    const page = await readPageCommands(join(import.meta.dirname, '../../../docs/training.md'));
    // What the demo has, in small.
    await using seeded = await startPostgres();
    await seedTempoNest(seeded, { scaleGiB: 0.001 });
    await using system = await startBackupSystem({
      postgres: seeded,
      databases: ['agentic', 'approvals', 'saas_console'],
      encryption: 'gpg',
      server: { wal: {}, globals: true, databases: undefined },
      configuration: {
        approvals: { provider: 'none' },
        schedules: { nightly: { hour: 2 }, base: { dayOfWeek: 'SUNDAY', hour: 1 }, wal: { minute: 'every' } },
      },
    });
    const { postgres, client, scratch } = system;
    const desk = await makeOperatorsDesk(system);
    const demo = join(scratch, 'demo');
    await mkdir(demo);
    await symlink(join(scratch, 'store'), join(demo, 'backups'));
    desk.environment.DEMO = demo;
    await desk.run('temponest-backups schedules apply; temponest-backups schedules trigger wal --detach');
    await desk.run('temponest-backups schedules trigger nightly; temponest-backups schedules trigger base');
    const next = (exercise: string) => desk.run(page.take(exercise));
    const runsIn = async (database: string) =>
      (await postgres.query(database, 'SELECT FROM agent_runs')).length;
    const exists = async (database: string) =>
      (await postgres.query('postgres', `SELECT FROM pg_database WHERE datname = '${database}'`)).length > 0;

    const safe = await next('1. Are we safe? (5 minutes)');
    expect(safe).toMatch(/^agentic +ok +agentic_/m);
    expect(safe).toMatch(/^Recoverable: any moment from /m);
    expect(await next('2. Make a backup, and see it (5 minutes)')).toMatch(/agents/);
    expect(await next('3. Prove it (5 minutes)')).toMatch(/^agentic +ok .* \d+ s ago$/m);

    const bad = '4. A backup goes bad (10 minutes)';
    await next(bad);
    const seen = await next(bad);
    expect(seen.match(/^exit code [12]$/gm)).toHaveLength(3);
    expect(seen).toMatch(/^approvals +critical/m);
    expect(await next(bad)).toMatch(/^2 of 2 backups.* proven\.$/m);

    const rows = '5. Rows are gone (10 minutes)';
    const runs = await runsIn('agentic');
    expect(runs).toBeGreaterThan(0);
    await next(rows);
    expect([await runsIn('agentic_look'), await runsIn('agentic')]).toEqual([runs, 0]);
    const swapped = await next(rows);
    expect(swapped).toMatch(new RegExp(`^ +${runs}$[^]*^ +0$`, 'm'));
    expect(await runsIn('agentic')).toBe(0);
    await next(rows);
    const beside = `SELECT datname FROM pg_database WHERE datname LIKE 'agentic%'`;
    expect(await postgres.query('postgres', beside)).toEqual([{ datname: 'agentic' }]);

    const table = '6. A table is gone, and the night is too old (10 minutes)';
    expect(await next(table)).toMatch(/^ made after the base backup$/m);
    expect(await next(table)).toMatch(/^exit code 1$/m);

    const gone = await next('7. Temporal is gone (10 minutes)');
    expect(gone).toMatch(/cannot be reached[^]*^exit code 1$[^]*approvals_rescued/m);
    expect(await exists('approvals_rescued')).toBe(false);
    expect(await next('8. The server is gone (5 minutes)')).toMatch(/RPO/);
    expect(page.rest()).toEqual([]);

    const query = `WorkflowType = 'archiveWal' AND ExecutionStatus = 'Running'`;
    for await (const { workflowId } of client.workflow.list({ query }))
      await client.workflow.getHandle(workflowId).cancel();
  },
  PATIENCE,
);
