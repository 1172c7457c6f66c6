import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { findFreePort } from '../../../tools/servers/free-port.js';
import { startBackupSystem } from '../../support/backup-system.js';
import { makeOperatorsDesk } from '../../support/operators-desk.js';
import { readPageCommands } from '../../support/page-commands.js';

/** In milliseconds, for two drills, two recoveries and what comes after them. */
const PATIENCE = 600_000;

test(
  'every command of docs/disaster-recovery.md does what the page says, on a server that is lost',
  async () => {
    const page = await readPageCommands(join(import.meta.dirname, '../../../docs/disaster-recovery.md'));
    await using system = await startBackupSystem({
      databases: ['agentic'],
      encryption: 'gpg',
      server: { wal: { maxAge: '2s' } },
      configuration: {
        approvals: { provider: 'none' },
        schedules: {
          nightly: { hour: 2 },
          base: { dayOfWeek: 'SUNDAY', hour: 1 },
          wal: { minute: 'every' },
          'drill-quarterly': { dayOfMonth: 2, hour: 4 },
        },
      },
    });
    const { postgres, client, scratch, worker, configurationFile } = system;
    const desk = await makeOperatorsDesk(system);
    await desk.run('temponest-backups schedules apply; temponest-backups schedules trigger wal --detach');
    await desk.run('temponest-backups schedules trigger base');

    const drills = 'Drills';
    await desk.run(page.take(drills));
    expect(await desk.run(page.take(drills))).toMatch(/"canary":\s*"recovered"/);
    const reports: string[] = [];
    for await (const { key } of system.store.list('drills/main/', new AbortController().signal))
      reports.push(key.slice(key.lastIndexOf('.')));
    expect(reports.sort()).toEqual(['.json', '.json', '.md', '.md']);

    const exercise = 'The exercise';
    await desk.run(page.take(exercise));
    await desk.run(page.take(exercise));
    await expect(postgres.query('agentic', 'SELECT')).rejects.toThrow();

    // That the server is not there makes two of these fail.
    const assessed = await desk.run(`(${page.take('1. Assess')}) || true`);
    expect(assessed).toMatch(/no response[^]*^RECOVERABLE FROM[^]*^base_.* whole server /m);
    const pausing = page.take('2. Stop the damage');
    expect(await desk.run(`${pausing}temponest-backups schedules list`)).toMatch(/^base .*paused/m);

    await chmod(scratch, 0o755);
    for (const name of ['recovered', 'rescued']) await mkdir(join(scratch, name)); // root's, as an operator's is
    const port = await findFreePort();
    const asOwner = process.getuid?.() === 0 ? 'runuser -u postgres -- ' : '';
    const pgCtl = `${asOwner}${join(postgres.binDirectory, 'pg_ctl')}`;
    const here = (commands: string) =>
      commands
        .replaceAll('/recovered', join(scratch, 'recovered'))
        .replaceAll('5433', String(port))
        .replaceAll('pg_ctl', `cd /; ${pgCtl}`);
    // What it asks is asked of a terminal only.
    const recovering = here(page.take('3. Recover the server')).replace('--into', '--yes --into');
    expect(await desk.run(recovering)).toContain('the last transaction in it ended at');
    // A server that keeps running would keep the pipe of its standard output open.
    await desk.run(here(page.take('4. Verify').replace('start\n', 'start > /dev/null 2>&1\n')));
    try {
      const ask = `psql --port ${port} --no-align --tuples-only agentic --command`;
      expect(await desk.run(`${ask} 'SELECT count(*) FROM exercise'`)).toBe('1');

      const configuration = parse(await readFile(configurationFile, 'utf8')) as {
        servers: { port: number }[];
      };
      configuration.servers[0]!.port = port;
      await worker.stop();
      await writeFile(configurationFile, stringify(configuration));
      await worker.start();
      const anew = await desk.run(page.take('6. Report, and back up anew'));
      expect(anew).toMatch(/^Base backup base_.* committed/m);

      const rescue = page.take('When Temporal is lost with it').replace('/rescued', `${scratch}/rescued`);
      expect(await desk.run(rescue)).toContain(`It is in ${scratch}/rescued/data`);
      expect(page.rest()).toEqual([]);
    } finally {
      for await (const { workflowId } of client.workflow.list({
        query: `WorkflowType = 'archiveWal' AND ExecutionStatus = 'Running'`,
      })) {
        const archiver = client.workflow.getHandle(workflowId);
        await archiver.cancel();
        await archiver.result().catch(() => undefined);
      }
      await desk.run(`cd /; ${pgCtl} --pgdata=${scratch}/recovered/data stop`);
    }
  },
  PATIENCE,
);
