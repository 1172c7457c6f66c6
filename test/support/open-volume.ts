// A process of its own that opens a staging volume: `tsx open-volume.ts <directory>`. Told to on standard input, it starts
// a program that outlives it, and says its process id.
import { spawn } from 'node:child_process';
import { openVolume } from '../../src/staging/volume.js';

const said = await openVolume(process.argv[2]!).then(
  ({ id }) => `opened ${id}`,
  (error: unknown) => `refused ${(error as Error).message}`,
);
process.stdout.write(`${said}\n`);
process.stdin.on('data', () => {
  const { pid } = spawn('/bin/sleep', ['1000'], { detached: true, stdio: 'ignore' });
  process.stdout.write(`${pid}\n`);
});
