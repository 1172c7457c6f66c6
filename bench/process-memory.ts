import { readFile, writeFile } from 'node:fs/promises';

/** The most memory that a process has held since it began, in bytes; `VmHWM` of proc_pid_status(5). */
export async function readPeakMemory(pid: number): Promise<number> {
  return await readStatus(pid, 'VmHWM');
}

/** Makes what a process holds now its peak; see `clear_refs` of proc(5). */
export async function resetPeakMemory(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}

/** What all processes below another hold now, in bytes. Pages that they share count in each. */
export async function readMemoryOfDescendants(pid: number): Promise<number> {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = list.split(' ').filter(Boolean).map(Number);
  const sizes = await Promise.all(
    children.map(
      async (child) =>
        (await readStatus(child, 'VmRSS').catch(() => 0)) + (await readMemoryOfDescendants(child)),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function readStatus(pid: number, field: 'VmHWM' | 'VmRSS'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) * 1024;
}
