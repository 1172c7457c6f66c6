import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { startBackupSystem } from '../../support/backup-system.js';
import { makeOperatorsDesk } from '../../support/operators-desk.js';
import { readPageCommands } from '../../support/page-commands.js';

/** In milliseconds, for some fifteen commands, six of which recover a server. */
const PATIENCE = 600_000;

test(
  'every command of docs/point-in-time.md does what the page says',
  async () => {
    const page = await readPageCommands(join(import.meta.dirname, '../../../docs/point-in-time.md'));
    await using system = await startBackupSystem({
      databases: ['agentic'],
      encryption: 'gpg',
      server: { wal: {} },
      configuration: {
        approvals: { provider: 'none' },
        schedules: { base: { dayOfWeek: 'SUNDAY', hour: 1 }, wal: { minute: 'every' }, verify: { hour: 6 } },
      },
    });
    const { postgres, client, scratch } = system;
    await postgres.query('agentic', 'CREATE TABLE agents AS SELECT generate_series(1, 100) AS id');
    // A verification asks for backups of each database as well.
    await system.backUp();
    const desk = await makeOperatorsDesk(system);
    const agentsIn = async (database: string) =>
      (await postgres.query(database, 'SELECT FROM agents')).length;

    const on = 'Switch it on';
    await postgres.query('postgres', 'CREATE ROLE backup LOGIN');
    await desk.run(page.take(on));
    expect(
      await postgres.query(
        'postgres',
        `SELECT rolreplication, has_function_privilege('backup', 'pg_switch_wal()', 'EXECUTE') AS switches
           FROM pg_roles WHERE rolname = 'backup'`,
      ),
    ).toEqual([{ rolreplication: true, switches: true }]);
    expect(await desk.run(page.take(on))).toMatch(/^Base backup base_.* committed/m);
    const archiver = client.workflow.getHandle(await findArchiver());
    async function findArchiver(): Promise<string> {
      const query = `WorkflowType = 'archiveWal' AND ExecutionStatus = 'Running'`;
      for await (const { workflowId } of client.workflow.list({ query })) return workflowId;
      throw new Error('No archiver runs.');
    }

    const state = await desk.run(page.take('See that it works'));
    expect(state).toMatch(/^RECOVERABLE FROM/m);
    expect(state).not.toMatch(/CRITICAL/);

    const [row] = await postgres.query<{ time: string }>(
      'postgres',
      `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time`,
    );
    const then = (command: string) => command.replace('2026-11-24T14:29:00Z', row!.time);
    await postgres.query('agentic', 'DROP TABLE agents');

    const one = 'One database as it was';
    const dry = await desk.run(then(page.take(one)));
    expect(dry).toMatch(/^Base +base_[^]*^Takes +database agentic$/m);
    await desk.run(then(page.take(one)));
    expect(await agentsIn('agentic_before')).toBe(100);
    await expect(agentsIn('agentic')).rejects.toThrow('does not exist');
    // What it asks is asked of a terminal only.
    const swapped = await desk.run(then(page.take(one)).replace('--swap', '--swap --yes'));
    expect(await agentsIn('agentic')).toBe(100);
    const [before] = /agentic_before_\d{8}_\d{6}/.exec(swapped)!;
    const undo = page.take(one).replace('--server temponest', '--server main --yes');
    await desk.run(undo.replace(/agentic_before_\d+_\d+/, before));
    await expect(agentsIn('agentic')).rejects.toThrow('does not exist');

    const other = 'Other targets';
    await postgres.query('agentic', 'CREATE TABLE agents AS SELECT generate_series(1, 7) AS id');
    await desk.run(page.take(other));
    await postgres.query('agentic', 'DELETE FROM agents');
    await desk.run(page.take(other));
    expect(await agentsIn('agentic_before_migration')).toBe(7);
    expect(await desk.run(then(page.take(other)))).toMatch(/"dryRun":\s*true/);

    const asOwner = process.getuid?.() === 0 ? 'runuser -u postgres -- ' : '';
    const whole = 'The whole server';
    await mkdir(join(scratch, 'recovered'));
    await chmod(scratch, 0o755);
    await chmod(join(scratch, 'recovered'), 0o777);
    const here = (command: string) => command.replaceAll('/recovered', join(scratch, 'recovered'));
    await desk.run(here(page.take(whole)));
    const start = here(page.take(whole)).replace(
      "'-p 5433'",
      `'-p 5433 -c listen_addresses= -k ${scratch}/recovered'`,
    );
    await execa({ shell: true, cwd: '/', env: desk.environment, extendEnv: false, stdin: 'ignore' })(
      asOwner + start.replace('pg_ctl', join(postgres.binDirectory, 'pg_ctl')),
    );
    try {
      const ask = `psql --host ${scratch}/recovered --port 5433 --no-align --tuples-only agentic`;
      expect(await desk.run(`${ask} --command 'SELECT count(*) FROM agents'`)).toBe('0');
    } finally {
      const stop = [join(postgres.binDirectory, 'pg_ctl'), `--pgdata=${scratch}/recovered/data`, 'stop'];
      await execa({ shell: true, cwd: '/', stdin: 'ignore' })(asOwner + stop.join(' '));
    }

    await mkdir(join(scratch, 'rescued'), { mode: 0o755 });
    const rescued = page.take('Without Temporal').replace('/rescued', join(scratch, 'rescued'));
    expect(await desk.run(rescued)).toContain(`It is in ${scratch}/rescued/data`);

    expect(page.rest()).toEqual([]);
    await archiver.cancel();
    await archiver.result().catch(() => undefined);
  },
  PATIENCE,
);
