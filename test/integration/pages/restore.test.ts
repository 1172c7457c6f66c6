import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startBackupSystem } from '../../support/backup-system.js';
import { makeOperatorsDesk } from '../../support/operators-desk.js';
import { readPageCommands } from '../../support/page-commands.js';
import { waitUntil } from '../../support/wait-until.js';

/** In milliseconds, for some ten commands. */
const PATIENCE = 300_000;
const APPROVERS = ['ann@temponest.example', 'bob@temponest.example'];

test(
  'every command of docs/restore.md does what the page says',
  async () => {
    const page = await readPageCommands(join(import.meta.dirname, '../../../docs/restore.md'));
    await using system = await startBackupSystem({
      databases: ['agentic'],
      encryption: 'gpg',
      configuration: { approvals: { provider: 'signal', approvers: APPROVERS } },
    });
    const { postgres, client } = system;
    await postgres.query(
      'agentic',
      `CREATE TABLE agents (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);
       INSERT INTO agents (name) SELECT 'agent ' || n FROM generate_series(1, 100) n;
       CREATE TABLE tasks (id int)`,
    );
    await system.backUp();
    const desk = await makeOperatorsDesk(system);
    const agentsIn = async (database: string, where = 'true') =>
      (await postgres.query(database, `SELECT FROM agents WHERE ${where}`)).length;
    const databaseIn = (said: string) => /agentic_(?:restored|before)_\d{8}_\d{6}/.exec(said)![0];
    const deleteSome = () =>
      postgres.query(
        'agentic',
        `DELETE FROM agents WHERE id > 50; UPDATE agents SET name = 'new' WHERE id = 1;
         SELECT setval('agents_id_seq', 5000)`,
      );

    const look = await desk.run(page.take('1. Look before you do anything'));
    expect(look).toMatch(/^1 backup of [^]*^Lacks +nothing$/m);

    const beside = '2. Restore beside the live database';
    await deleteSome();
    expect(await agentsIn(databaseIn(await desk.run(page.take(beside))))).toBe(100);
    const single = databaseIn(await desk.run(page.take(beside)));
    expect(await agentsIn(single)).toBe(100);
    await expect(postgres.query(single, 'SELECT FROM tasks')).rejects.toThrow('does not exist');
    await desk.run(page.take(beside).replace(/agentic_restored_\d+_\d+/, single));
    expect(await agentsIn('agentic')).toBe(100);
    expect(await agentsIn('agentic', `name = 'new'`)).toBe(1);
    const position = await postgres.query('agentic', 'SELECT last_value FROM agents_id_seq');
    expect(position).toEqual([{ last_value: '5000' }]);

    await deleteSome();
    const place = '3. Put it in the place of the live one';
    // What it asks is asked of a terminal only.
    const swapping = desk.run(page.take(place).replace('--swap', '--swap --yes'));
    let id = '';
    await waitUntil('the swap waits for approval', async () => {
      const query = `WorkflowType = 'restoreDatabase' AND ExecutionStatus = 'Running'`;
      for await (const run of client.workflow.list({ query })) id = run.workflowId;
      return id !== '';
    });
    const [approve, ask] = [page.take(place), page.take(place)].map((command) => command.replace('<id>', id));
    await desk.run(approve!);
    await waitUntil('the page’s query says who has agreed', async () =>
      (await desk.run(ask!)).includes('ann@temponest.example'),
    );
    await desk.run(approve!.replace('ann@', 'bob@'));
    const swapped = await swapping;
    expect(await agentsIn('agentic')).toBe(100);
    const before = databaseIn(/undo-swap.*/.exec(swapped)![0]);
    expect(await agentsIn(before)).toBe(50);

    await desk.run(page.take(place));
    expect(await postgres.query('agentic', `SELECT FROM pg_stats WHERE tablename = 'agents'`)).toHaveLength(
      2,
    );

    const undo = page.take('4. Undo').replace('--server temponest', '--server main --yes');
    const undone = databaseIn(await desk.run(undo.replace(/agentic_before_\d+_\d+/, before)));
    expect(await agentsIn('agentic')).toBe(50);
    expect(await agentsIn(undone)).toBe(100);
    await desk.run(page.take('4. Undo').replace(/agentic_restored_\d+_\d+/, undone));
    const left = await postgres.query('postgres', 'SELECT FROM pg_database WHERE datname = $1', [undone]);
    expect(left).toEqual([]);

    expect(page.rest()).toEqual([]);
  },
  PATIENCE,
);
