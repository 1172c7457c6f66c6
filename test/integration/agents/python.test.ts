import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jsonSchemas } from '../../../src/client/json-schemas.js';
import type { BackupsResult } from '../../../src/model/results.js';
import { installPythonTemporalio } from '../../../tools/install/install-python-temporalio.js';
import { startBackupSystem, type BackupSystem } from '../../support/backup-system.js';

const example = join(import.meta.dirname, '..', '..', '..', 'docs', 'examples', 'restore_database.py');

let system: BackupSystem;
let packages: string;
let backups: BackupsResult;

beforeAll(async () => {
  packages = await installPythonTemporalio();
  system = await startBackupSystem({
    databases: ['agentic'],
    configuration: { approvals: { provider: 'none' } },
  });
  await system.postgres.query(
    'agentic',
    'CREATE TABLE agents AS SELECT n AS id FROM generate_series(1, 1000) n',
  );
  backups = await system.backUp();
});
afterAll(() => system[Symbol.asyncDispose]());

/** What the example says. The SDK now and then aborts when Python ends, so its exit code tells nothing. */
async function runExample(database: string, request: string): Promise<string> {
  const { stdout, stderr } = await execa('python3', [example, database, request], {
    extendEnv: false,
    env: { ...system.environment, PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1' },
    stdin: 'ignore',
    reject: false,
  });
  return stderr.includes('Traceback') ? stderr : stdout;
}

const linesOf = (output: string, label: string) =>
  output.split('\n').filter((line) => line.startsWith(`${label}: `));
const lineOf = (output: string, label: string) => linesOf(output, label)[0];

const restoredDatabases = async () =>
  (
    await system.postgres.query<{ name: string }>(
      'postgres',
      "SELECT datname AS name FROM pg_database WHERE datname LIKE 'agentic_restored_%' ORDER BY 1",
    )
  ).map(({ name }) => name);

describe('the Python example', () => {
  it('plans, starts, follows and reports one restore, however many ask for the same', async () => {
    const twoAgents = await Promise.all([runExample('agentic', 'INC-1'), runExample('agentic', 'INC-1')]);
    const afterwards = await runExample('agentic', 'INC-1');

    const [made, ...others] = await restoredDatabases();
    expect(others).toEqual([]);
    for (const output of [...twoAgents, afterwards]) {
      expect(lineOf(output, 'follow')).toContain('restore/agentic/INC-1');
      expect(lineOf(output, 'restored')).toBe(`restored: ${made} on main, 1000 rows, compared`);
    }
    const [plan, intention] = linesOf(twoAgents.join('\n'), 'plan');
    expect(plan).toMatch(/^plan: agentic_\d{8}_\d{6}, \d+ s old, 1000 rows, from file$/);
    expect(intention).toMatch(/^plan: makes agentic_restored_\d{8}_\d{6} on main$/);
    expect(linesOf(twoAgents.join('\n'), 'progress')).not.toEqual([]);
    expect(linesOf(afterwards, 'plan')).toEqual([]);
    expect(await system.postgres.query(made!, 'SELECT count(*)::int AS n FROM agents')).toEqual([
      { n: 1000 },
    ]);

    const handle = system.client.workflow.getHandle('restore/agentic/INC-1');
    const published = jsonSchemas['restoreDatabase.result'] as z.core.JSONSchema.JSONSchema;
    expect(z.fromJSONSchema(published).safeParse(await handle.result()).error).toBeUndefined();
  });

  it('says what a failure asks for', async () => {
    const output = await runExample('agentik', 'INC-2');
    expect(lineOf(output, 'failed')).toMatch(/^failed: BackupNotFound: .*agentik/);
    expect(lineOf(output, 'what to do')).toBe('what to do: backup');
  });

  it('begins anew under the same id what has failed', async () => {
    const [backup] = backups.backups;
    if (backup?.outcome !== 'committed') throw new Error('There is no backup.');
    const artifact = join(
      system.scratch,
      'store',
      'postgres',
      'main',
      'agentic',
      `${backup.backupId}.dump.tar.zst`,
    );
    const content = await readFile(artifact);
    await writeFile(artifact, content.subarray(0, content.length - 1));
    const failed = await runExample('agentic', 'INC-3');
    expect(lineOf(failed, 'failed')).toMatch(/^failed: ArtifactDamaged: .* has \d+ bytes instead of \d+/);
    expect(lineOf(failed, 'what to do')).toBe('what to do: backup');

    await writeFile(artifact, content);
    expect(lineOf(await runExample('agentic', 'INC-3'), 'restored')).toContain('1000 rows, compared');
  });
});
