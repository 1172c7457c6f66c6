import { setTimeout as delay } from 'node:timers/promises';
import { Registry } from 'prom-client';
import type { Logger } from '../observability/logger.js';
import { addGauge, toTimestamp, type MetricsPart } from './part.js';

/** How often a part is brought up to date, and how long that may take, in milliseconds. */
const INTERVAL = 60_000;
const PATIENCE = 300_000;

/** Metrics that are brought up to date in the background, so that a scrape waits for nothing. */
export interface FreshMetrics {
  /** All of them in Prometheus's text format. */
  render(): string;
  stop(): Promise<void>;
}

/**
 * Brings metrics up to date every minute until it is stopped. A part that fails keeps its values and says since when
 * they are old; it keeps no other part from being refreshed.
 *
 * @param interval - from the end of one refresh of a part to the next where the part has none of its own, in milliseconds
 */
export function keepFresh(
  parts: readonly MetricsPart[],
  logger: Pick<Logger, 'warn' | 'info'>,
  interval = INTERVAL,
): FreshMetrics {
  const stop = new AbortController();
  const texts: string[] = [];
  const status = new Registry();
  const refreshed = addGauge(
    status,
    'backup_metrics_refreshed_timestamp',
    'When the metrics of this part were last brought up to date, in seconds since 1970',
    ['part'],
  );
  const seconds = addGauge(status, 'backup_metrics_refresh_seconds', 'Seconds that this took', ['part']);
  // A part that was never up to date is so since 1970.
  const done = new Map(parts.map(({ name }) => [name, { at: new Date(0), seconds: 0 }]));
  let statusText = '';
  const tellStatus = async () => {
    refreshed.replace([...done].map(([part, { at }]) => [{ part }, toTimestamp(at)]));
    seconds.replace([...done].map(([part, { seconds: taken }]) => [{ part }, taken]));
    statusText = await status.metrics();
  };

  const refresh = async (part: MetricsPart, index: number): Promise<void> => {
    const begun = performance.now();
    await part.refresh(AbortSignal.any([stop.signal, AbortSignal.timeout(PATIENCE)]));
    texts[index] = await part.registry.metrics();
    done.set(part.name, { at: new Date(), seconds: (performance.now() - begun) / 1000 });
    await tellStatus();
  };

  const loops = parts.map((part, index) => {
    let isFailing = false;
    const tryOnce = async () => {
      try {
        await refresh(part, index);
        if (isFailing) logger.info({ part: part.name }, 'metrics are up to date again');
        isFailing = false;
      } catch (error) {
        if (stop.signal.aborted) return;
        const { message } = error as Error;
        if (!isFailing)
          logger.warn({ part: part.name, error: message }, 'metrics cannot be brought up to date');
        isFailing = true;
      }
    };
    const loop = async () => {
      await tellStatus();
      for (await tryOnce(); !stop.signal.aborted; await tryOnce())
        await delay(part.interval ?? interval, undefined, { signal: stop.signal }).catch(() => undefined);
    };
    return loop();
  });

  return {
    render: () => [...texts.filter((text) => text !== undefined), statusText].join('\n'),
    async stop() {
      stop.abort();
      await Promise.all(loops);
    },
  };
}
