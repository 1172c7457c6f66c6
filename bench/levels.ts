import { rm, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { listArchive, packDirectory } from '../src/archive/tar.js';
import type { Compression } from '../src/model/plan.js';
import { measureDirectory } from '../src/files/measure-directory.js';
import { seedTempoNest } from '../tools/data/seed-temponest.js';
import { choosePostgres } from '../tools/demo/choose-postgres.js';
import { makeDirectory } from '../tools/demo/make-directory.js';
import { narrate } from '../tools/demo/narrate.js';
import type { Started } from '../tools/demo/started.js';
import { withStarted } from '../tools/demo/with-started.js';
import { findProgram } from '../tools/install/find-program.js';
import { startPostgres } from '../tools/servers/postgres.js';
import { preparePrograms, requireSpace } from './prepare.js';
import { renderTable, writeResults } from './results-file.js';
import { runFloor } from './run-floor.js';
import { spreadOf, time } from './statistics.js';

const database = 'langfuse';
const candidates: readonly Compression[] = [
  ...[1, 3, 6, 9].map((level) => ({ method: 'zstd' as const, level })),
  { method: 'gzip', level: 6 },
];

/** How one candidate did, a round each. */
interface Measured {
  packSeconds: number[];
  listSeconds: number[];
  /** Of the last archive; they differ by nothing that matters. */
  bytes: number;
}

/** Measures compression levels on the biggest database's dump, and writes RESULTS.md. */
export async function benchLevels({ scale, rounds }: { scale: number; rounds: number }): Promise<void> {
  await preparePrograms();
  await requireSpace(scale);
  await withStarted(async (started) => {
    const dump = await dumpBiggestDatabase(started, scale);
    const dumpBytes = await measureDirectory(dump);
    const measured = candidates.map((): Measured => ({ packSeconds: [], listSeconds: [], bytes: 0 }));
    for (let round = 1; round <= rounds; round++) {
      for (const [index, candidate] of candidates.entries()) {
        await narrate(`Round ${round}: ${describe(candidate)}`, () =>
          measure(dump, candidate, measured[index]!),
        );
      }
    }
    await writeResults(
      'levels',
      `npm run bench -- levels --scale ${scale} --rounds ${rounds}`,
      render(dumpBytes, measured),
    );
  });
}

/** Makes the dump that our `compress` step would get. */
async function dumpBiggestDatabase(started: Started, scaleGiB: number): Promise<string> {
  const postgres = await narrate('Starting PostgreSQL', () =>
    started.add(() => startPostgres(choosePostgres())),
  );
  await narrate(`Filling it with TempoNest's databases, ${scaleGiB} GiB`, () =>
    seedTempoNest(postgres, { scaleGiB }),
  );
  const { directory } = await started.add(() => makeDirectory('levels'));
  const dumps = join(directory, 'dumps');
  await narrate(`Dumping ${database}`, () => runFloor(postgres, [database], dumps));
  return join(dumps, database);
}

/** Packs and reads back as our `compress` step does. */
async function measure(dump: string, candidate: Compression, measured: Measured): Promise<void> {
  const directories = (process.env.PATH ?? '').split(delimiter);
  const context = { signal: new AbortController().signal };
  const archive = `${dump}.archive`;
  measured.packSeconds.push(await time(() => packDirectory(dump, archive, candidate, directories, context)));
  measured.listSeconds.push(await time(() => listArchive(archive, candidate, directories, context)));
  measured.bytes = (await stat(archive)).size;
  await rm(archive);
}

function describe({ method, level }: Compression): string {
  return `${method === 'gzip' && findProgram('pigz') ? 'pigz' : method} -${level}`;
}

function render(dumpBytes: number, measured: readonly Measured[]): string {
  const rows = candidates.map((candidate, index) => {
    const { packSeconds, listSeconds, bytes } = measured[index]!;
    const { min, median, max } = spreadOf(packSeconds);
    return [
      describe(candidate),
      ...[min, median, max, spreadOf(listSeconds).median].map((seconds) => seconds.toFixed(2)),
      (bytes / 2 ** 20).toFixed(1),
      (dumpBytes / bytes).toFixed(2),
    ];
  });
  return [
    `The \`${database}\` dump, ${(dumpBytes / 2 ** 20).toFixed(0)} MiB, packed with tar and read back as our compress step does, with all cores; the levels take turns.`,
    renderTable([['', 'pack, s: min', 'median', 'max', 'read back, s', 'MiB', 'ratio'], ...rows]),
  ].join('\n\n');
}
