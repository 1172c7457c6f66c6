import { delimiter } from 'node:path';
import { withPrivateKeyring } from '../../src/archive/private-keys.js';

// Opens private keys and holds them until it is killed: <keys file> <parent of the home> <ledger>.
const [privateKeysFile, parent, directory] = process.argv.slice(2) as [string, string, string];
const context = { signal: new AbortController().signal, ledger: { directory } };
const path = (process.env.PATH ?? '').split(delimiter);
await withPrivateKeyring({ privateKeysFile }, parent, path, context, async () => {
  process.stdout.write('holding\n');
  await new Promise((resolve) => setTimeout(resolve, 3_600_000));
});
