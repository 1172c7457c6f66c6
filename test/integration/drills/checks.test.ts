import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkStructure } from '../../../src/postgres/amcheck.js';
import { runChecks } from '../../../src/postgres/sql-checks.js';
import { prepareScratch, signal, type ScratchTest } from './scratch-tests.js';

const DATABASE = `odd = 'name`;

async function makeDatabase({ query }: ScratchTest): Promise<void> {
  await query('postgres', `CREATE DATABASE "${DATABASE}"`);
  await query(
    DATABASE,
    'CREATE TABLE agents (id int PRIMARY KEY, name text)',
    `INSERT INTO agents SELECT i, 'agent ' || i FROM generate_series(1, 1000) i`,
    `CREATE FUNCTION forbid() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no %', tg_tag; END $$`,
    'CREATE EVENT TRIGGER forbid ON ddl_command_start EXECUTE FUNCTION forbid()',
    `ALTER DATABASE "${DATABASE}" SET default_transaction_read_only = on`,
    `ALTER DATABASE "${DATABASE}" SET statement_timeout = '1ms'`,
  );
}

/** Turns over the bits of a few bytes in the middle of a relation's first page. */
async function damage({ scratch, query }: ScratchTest, relation: string): Promise<void> {
  const sql = `SELECT pg_relation_filepath('${relation}') AS path`;
  const [row] = await query<{ path: string }>(DATABASE, sql);
  const file = await open(join(scratch, 'server/data', row!.path), 'r+');
  const bytes = Buffer.alloc(64);
  await file.read(bytes, 0, 64, 24);
  await file.write(
    bytes.map((byte) => byte ^ 0xff),
    0,
    64,
    24,
  );
  await file.close();
}

describe('the structure of a restored database', () => {
  const check = ({ step, binDirectory }: ScratchTest) =>
    step((server) =>
      checkStructure(server, DATABASE, { jobs: 2, programDirectories: [binDirectory] }, { signal }),
    );

  it.each([
    ['table', 'agents'],
    ['index', 'agents_pkey'],
  ])('is found sound, and damaged once a %s is', async (_kind, relation) => {
    const scratch = await prepareScratch(15);
    await makeDatabase(scratch);
    expect(await check(scratch)).toBeUndefined();
    await damage(scratch, relation);
    await expect(check(scratch)).rejects.toMatchObject({
      type: 'DrillFailed',
      message: expect.stringContaining('agents') as string,
    });
  });

  it('is not blamed for an extension that this worker lacks', async () => {
    const scratch = await prepareScratch(16);
    await makeDatabase(scratch);
    expect(await check(scratch)).toBe('the extension amcheck is not installed on this worker');
  });
});

it('asks what the operator wants to know, and names every answer that is not true', async () => {
  const scratch = await prepareScratch();
  await makeDatabase(scratch);
  const right = ['SELECT count(*) > 0 FROM agents', 'SELECT true'];
  const wrong = [
    ['SELECT count(*) > 5000 FROM agents', 'is false'],
    ['SELECT NULL::boolean', 'is null'],
    ['SELECT count(*) FROM agents', 'is 1000'],
    ['SELECT true FROM agents', 'does not answer with one value'],
    ['SELECT true, true', 'does not answer with one value'],
    ['SELECT true WHERE false', 'does not answer with one value'],
    ['SELECT true FROM agent', 'fails: relation "agent" does not exist'],
    ['SELECT true; SELECT true', 'fails: cannot insert multiple commands into a prepared statement'],
    ['DELETE FROM agents RETURNING true', 'fails: cannot execute DELETE in a read-only transaction'],
  ] as const;
  await scratch.step(async (server) => {
    const ask = (checks: string[]) =>
      runChecks(server, DATABASE, checks, { signal, onProgress: () => undefined });
    await ask(right);
    await expect(ask([...right, ...wrong.map(([sql]) => sql)])).rejects.toMatchObject({
      type: 'DrillFailed',
      message:
        `9 of 11 checks of "${DATABASE}" fail: ${wrong.map(([sql, fault]) => `"${sql}" ${fault}`).join(', ')}; ` +
        'find out whether the data or the check is wrong.',
    });
  });
});
