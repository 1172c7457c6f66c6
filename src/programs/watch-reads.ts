import { readFile } from 'node:fs/promises';

/** How often the kernel's count is looked at, in milliseconds. */
const INTERVAL = 1000;

/**
 * Reports how many bytes a process has read, as the kernel counts them: the progress of a program that says nothing of
 * its own, such as tar or gpg.
 *
 * @returns a function that ends the watch
 * @see https://man7.org/linux/man-pages/man5/proc_pid_io.5.html
 */
export function watchReads(pid: number, onBytes: (bytes: number) => void): () => void {
  const look = async () => {
    const counters = await readFile(`/proc/${pid}/io`, 'utf8').catch(() => '');
    const read = /^rchar: (\d+)$/m.exec(counters)?.[1];
    if (read !== undefined) onBytes(Number(read));
  };
  const timer = setInterval(() => void look(), INTERVAL);
  return () => clearInterval(timer);
}
