import { rename } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { loadConfiguration } from '../../../src/config/load.js';
import { expect, test } from 'vitest';
import type { StatusReport } from '../../../src/client/status/judge-status.js';
import { startPostgres } from '../../../tools/servers/postgres.js';
import { startTemporalDevServer } from '../../../tools/servers/temporal.js';
import { startBackupSystem } from '../../support/backup-system.js';
import { runCli } from './run-cli.js';

/** In milliseconds, for a backup and a drill. */
const PATIENCE = 300_000;

test(
  'status tells what is proven, and what it knows with PostgreSQL, Temporal and the store lost one after the other',
  async () => {
    await using postgres = await startPostgres();
    await using temporal = await startTemporalDevServer();
    await postgres.query('postgres', 'CREATE DATABASE shop');
    await using system = await startBackupSystem({
      // As most people have it: no database is named, so that none is forgotten.
      ...{ databases: [], server: { databases: undefined }, postgres, temporal },
      configuration: { schedules: { nightly: { hour: 2 } } },
    });
    const cli = (...args: string[]) =>
      runCli([...args, '--config', system.configurationFile], system.environment);
    const status = async () => {
      const { exitCode, stdout } = await cli('status', '--json');
      return { exitCode, report: JSON.parse(stdout) as StatusReport };
    };
    expect(await cli('schedules', 'apply')).toMatchObject({ exitCode: 0 });
    await system.backUp();
    expect(await cli('drill')).toMatchObject({ exitCode: 0 });

    const safe = await status();
    expect(safe.report.faults).toEqual([]);
    expect(safe.exitCode).toBe(0);
    const proven = expect.stringMatching(/^\d{4}-/) as string;
    expect(safe.report.databases).toMatchObject([
      { name: 'postgres', state: 'ok', provenAt: proven },
      { name: 'shop', state: 'ok', provenAt: proven },
    ]);

    await postgres.stop();
    const serverLost = await status();
    expect(serverLost).toMatchObject({ exitCode: 1, report: { faults: [{ severity: 'warning' }] } });
    expect(serverLost.report.databases.map(({ name }) => name).sort()).toEqual(['postgres', 'shop']);

    await system.worker.stop();
    await temporal.kill();
    const temporalLost = await status();
    expect(temporalLost).toMatchObject({ exitCode: 1, report: { faults: { length: 2 } } });

    const { stores } = await loadConfiguration(system.configurationFile);
    const directory = fileURLToPath(stores[0]!.url);
    await rename(directory, `${directory}.away`);
    const { exitCode, stdout } = await cli('status');
    expect(exitCode).toBe(2);
    expect(stdout).toMatch(/\nCRITICAL: [^\n]*And 1 more fault, above\.$/);
  },
  PATIENCE,
);
