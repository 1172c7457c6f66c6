import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { keepFresh } from '../src/metrics/keep-fresh.js';
import { createSubjectReader } from '../src/metrics/read-subjects.js';
import { subjectMetrics } from '../src/metrics/subject-metrics.js';
import { openDirectoryStore } from '../src/stores/directory.js';
import type { Store } from '../src/stores/store.js';
import { serveHealth } from '../src/worker/health-server.js';
import { nameBackup, subjectOf } from '../test/support/seed-backup.js';
import { sampleManifest } from '../test/support/sample-manifest.js';
import { renderTable, writeResults } from './results-file.js';
import { spreadOf, time } from './statistics.js';

/** What `npm run bench -- scrape` can be told. */
export interface ScrapeBenchOptions {
  databases: number;
  /** Backups of each database. */
  nights: number;
  json: boolean;
}

/** The figures that the targets are about, and what a refresh costs. */
export interface ScrapeFigures {
  scrape_ms_p50: number;
  scrape_ms_p99: number;
  /** Of a catalogue in which nothing has changed. */
  manifests_read_on_refresh: number;
}

const SCRAPES = 1000;
/** Between two scrapes, in milliseconds: all of them together last longer than the minute after which a worker looks again. */
const PAUSE = 75;
const SERVER = 'bench';
const NIGHT = 86_400_000;

/** Measures scrapes and refreshes of a big catalogue, writes RESULTS.md and, when asked to, one line of JSON. */
export async function benchScrape({ databases, nights, json }: ScrapeBenchOptions): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'temponest-scrape-'));
  try {
    await fillCatalogue(directory, databases, nights);
    const { store, reads } = countReads(openDirectoryStore({ name: 'file', directory }));
    const names = Array.from({ length: databases }, (_, number) => nameOf(number));
    const server = { name: SERVER, globals: false, listDatabases: () => Promise.resolve(names) };
    const part = subjectMetrics([server], createSubjectReader(store));
    const first = await time(() => part.refresh(new AbortController().signal));
    const readFirst = reads();
    const again: number[] = [];
    for (let round = 0; round < 5; round += 1)
      again.push(await time(() => part.refresh(new AbortController().signal)));
    const readAgain = reads() - readFirst;
    const { milliseconds, bytes } = await scrape(part);
    const sorted = milliseconds.sort((a, b) => a - b);
    const quantile = (share: number) => Number(sorted[Math.ceil(sorted.length * share) - 1]!.toFixed(2));
    const figures: ScrapeFigures = {
      scrape_ms_p50: quantile(0.5),
      scrape_ms_p99: quantile(0.99),
      manifests_read_on_refresh: readAgain,
    };
    const row = (name: string, value: string | number, target = '', isMet?: boolean) => [
      ...[name, String(value), target],
      isMet === undefined ? '' : isMet ? 'met' : 'missed',
    ];
    await writeResults(
      'scrape',
      `npm run bench -- scrape --databases ${databases} --nights ${nights}`,
      [
        `A directory store with ${nights} backups of each of ${databases} databases; ${SCRAPES} scrapes over HTTP, ${PAUSE} ms apart, while the metrics are refreshed once a minute, as in ` +
          `a worker; ${(bytes / 1024).toFixed(0)} KiB each. The Temporal SDK's own metrics, which a worker adds, are not among them.`,
        renderTable([
          ['figure', 'value', 'target', ''],
          row('scrape, ms, median', figures.scrape_ms_p50),
          row('scrape, ms, 99th percentile', figures.scrape_ms_p99, '≤ 50', figures.scrape_ms_p99 <= 50),
          row('scrape, ms, slowest', quantile(1)),
          row('manifests read by the first refresh', readFirst),
          row('manifests read by five more, nothing having changed', readAgain, '0', readAgain === 0),
          row('first refresh, s', first.toFixed(2)),
          row('each further refresh, s (median)', spreadOf(again).median.toFixed(2)),
        ]),
      ].join('\n\n'),
    );
    if (json) console.log(JSON.stringify(figures));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const nameOf = (number: number) => `tenant_${String(number).padStart(5, '0')}`;

async function fillCatalogue(directory: string, databases: number, nights: number): Promise<void> {
  const last = Math.floor(Date.now() / NIGHT) * NIGHT;
  for (let number = 0; number < databases; number += 1)
    for (let night = 0; night < nights; night += 1) {
      const subject = subjectOf(SERVER, nameOf(number));
      const { id, artifact, manifest } = nameBackup(subject, new Date(last - night * NIGHT));
      const content = 'x'.repeat(1000 + night);
      if (night === 0) await mkdir(dirname(join(directory, artifact)), { recursive: true });
      await writeFile(join(directory, artifact), content);
      await writeFile(join(directory, manifest), JSON.stringify(sampleManifest(subject, id, content.length)));
    }
}

/** A store that counts the documents that are read. */
function countReads(store: Store): { store: Store; reads: () => number } {
  let count = 0;
  const getDocument: Store['getDocument'] = (key, signal) => {
    count += 1;
    return store.getDocument(key, signal);
  };
  return { store: { ...store, getDocument }, reads: () => count };
}

/** Scrapes a server of the metrics as Prometheus would. */
async function scrape(
  part: ReturnType<typeof subjectMetrics>,
): Promise<{ milliseconds: number[]; bytes: number }> {
  const process = new Registry();
  collectDefaultMetrics({ register: process });
  const metrics = keepFresh([part], { warn: console.warn, info: console.info });
  while (!metrics.render().includes('backup_last_success_timestamp{')) await delay(100);
  const render = async () => [metrics.render(), await process.metrics()].join('\n');
  const server = await serveHealth(
    { address: '127.0.0.1', port: 0 },
    { '/health': {}, '/ready': {} },
    render,
    console,
  );
  try {
    const milliseconds: number[] = [];
    let bytes = 0;
    for (let round = 0; round < SCRAPES; round += 1) {
      const seconds = await time(async () => {
        const response = await fetch(`http://127.0.0.1:${server.port}/metrics`);
        bytes = (await response.text()).length;
      });
      milliseconds.push(seconds * 1000);
      await delay(PAUSE);
    }
    return { milliseconds, bytes };
  } finally {
    await server.close();
    await metrics.stop();
  }
}
