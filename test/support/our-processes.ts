import { readdir, readFile } from 'node:fs/promises';

/**
 * The processes that have `mark` (a test's own directory) in their command line or environment, as `pid command`; this
 * process is not one of them.
 */
export async function findProcesses(mark: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    const command = await read('cmdline');
    if ((command + (await read('environ'))).includes(mark))
      found.push(`${pid} ${command.replaceAll('\0', ' ').trim()}`);
  }
  return found;
}
