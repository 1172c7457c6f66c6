import { readdir, readFile } from 'node:fs/promises';

/** A process that was found. */
export interface FoundProcess {
  pid: number;
  command: string;
}

/**
 * The processes that have `mark` (a test's own directory) in their command line or environment; this process is
 * not one of them.
 */
export async function findProcesses(mark: string): Promise<FoundProcess[]> {
  const found: FoundProcess[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    const command = await read('cmdline');
    if ((command + (await read('environ'))).includes(mark))
      found.push({ pid: Number(pid), command: command.replaceAll('\0', ' ').trim() });
  }
  return found;
}

/** Kills processes, those that have ended meanwhile excepted. */
export function killProcesses(processes: readonly FoundProcess[]): void {
  for (const { pid } of processes)
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
}
