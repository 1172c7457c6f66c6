/** A worker in the middle of a step on a scratch server, to be killed: says `at work` when a statement runs. */
import { withConnection } from '../../src/postgres/connection.js';
import { withScratchServer } from '../../src/postgres/scratch-server.js';

const [directory = '', binDirectory = '', ledger = ''] = process.argv.slice(2);
const context = { signal: new AbortController().signal, ledger: { directory: ledger } };
await withScratchServer(directory, binDirectory, context, (server, signal) =>
  withConnection(server, 'postgres', signal, async (client) => {
    client.on('notice', () => process.stdout.write('at work\n'));
    await client.query(
      `DO $$ BEGIN RAISE NOTICE 'at work'; PERFORM sum(i) FROM generate_series(1, 1e12) i; END $$`,
    );
  }),
);
