import { readFile } from 'node:fs/promises';
import { execa } from 'execa';

/**
 * Seconds of CPU that a process, those below it, and those of both that have ended, have taken so far.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html (fields 14 to 17)
 */
export async function readProcessTime(pid: number): Promise<number> {
  const { stdout } = await execa('getconf', ['CLK_TCK'], { stdin: 'ignore' });
  return (await readTicks(pid)) / Number(stdout);
}

async function readTicks(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const own = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = await Promise.all(list.split(' ').filter(Boolean).map(Number).map(readTicks));
  return children.reduce((sum, ticks) => sum + ticks, own);
}
