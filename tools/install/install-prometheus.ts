import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheDirectory, makeOnce } from './cache.js';
import { findProgram } from './find-program.js';

/** Prometheus, Alertmanager and the program of each that checks its files. */
const names = ['prometheus', 'promtool', 'prometheus-alertmanager', 'amtool'] as const;

/** Paths of the programs. */
export type PrometheusPrograms = Record<(typeof names)[number], string>;

const packages = ['prometheus', 'prometheus-alertmanager'];

/**
 * Prometheus and Alertmanager: PATH, else Debian's packages unpacked into the cache. They are not installed, because Debian
 * starts both as services then.
 */
export async function installPrometheus(): Promise<PrometheusPrograms> {
  const onPath = findAll();
  if (onPath) return onPath;
  const directory = await makeOnce(cacheDirectory('prometheus', 'debian'), unpackPackages);
  const unpacked = findAll([join(directory, 'usr', 'bin')]);
  if (!unpacked) throw new Error(`${directory} lacks some of ${names.join(', ')}; remove it and try again.`);
  return unpacked;
}

function findAll(directories?: readonly string[]): PrometheusPrograms | undefined {
  const found = names.map((name) => [name, findProgram(name, directories)] as const);
  if (found.some(([, path]) => path === undefined)) return undefined;
  return Object.fromEntries(found) as PrometheusPrograms;
}

async function unpackPackages(directory: string): Promise<void> {
  const apt = join(directory, 'apt');
  await mkdir(join(apt, 'lists', 'partial'), { recursive: true });
  await mkdir(join(apt, 'cache', 'archives', 'partial'), { recursive: true });
  const options = [`Dir::State::lists=${join(apt, 'lists')}`, `Dir::Cache=${join(apt, 'cache')}`];
  const runApt = (...args: string[]) =>
    execa('apt-get', ['-q', ...options.flatMap((option) => ['-o', option]), ...args], {
      cwd: apt,
      stdin: 'ignore',
    });
  await runApt('update');
  await runApt('download', ...packages);
  for (const file of await readdir(apt))
    if (file.endsWith('.deb')) await execa('dpkg-deb', ['--extract', join(apt, file), directory]);
  await rm(apt, { recursive: true });
}
