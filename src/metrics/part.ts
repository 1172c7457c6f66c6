import { Gauge, type Registry } from 'prom-client';
import { subjectName, type BackupSubject } from '../model/keys.js';

/** Some gauges, and how they are brought up to date. */
export interface MetricsPart {
  name: string;
  /** Where its gauges are. */
  registry: Registry;
  /** Milliseconds from the end of one refresh to the next; default: a minute. */
  interval?: number;
  /** Finds out how things are, and only then sets the gauges: all of them, or none when it rejects. */
  refresh(signal: AbortSignal): Promise<void>;
}

/** A gauge whose series are replaced together, so that what no longer exists is no longer told. */
export interface GaugeSeries<L extends string> {
  replace(series: readonly (readonly [labels: Record<L, string>, value: number])[]): void;
}

/** Adds a gauge to a registry. */
export function addGauge<const L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[],
): GaugeSeries<L> {
  const gauge = new Gauge({ name, help, labelNames, registers: [registry] });
  return {
    replace(series) {
      gauge.reset();
      for (const [labels, value] of series) gauge.set(labels, value);
    },
  };
}

/** A moment as Prometheus has it: seconds since 1970. */
export const toTimestamp = (time: Date): number => time.getTime() / 1000;

/** What tells series of databases and globals apart: a database may be called `globals` too. */
export const subjectLabelNames = ['server', 'database', 'kind'] as const;

export const subjectLabels = (subject: BackupSubject) => ({
  server: subject.server,
  database: subjectName(subject),
  kind: subject.kind,
});
