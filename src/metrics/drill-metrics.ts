import { Registry } from 'prom-client';
import { subjectPrefix } from '../model/keys.js';
import { addGauge, subjectLabelNames, subjectLabels, toTimestamp, type MetricsPart } from './part.js';
import type { DrillFacts, DrillReader } from './read-drills.js';

const labelNames = ['server', 'drill', 'store'] as const;

/** What drills have proven, and how long they took to bring everything back. */
export function drillMetrics(servers: readonly string[], readDrills: DrillReader): MetricsPart {
  const registry = new Registry();
  const proven = addGauge(
    registry,
    'backup_proven_timestamp',
    'When a drill last proved a backup of it, in seconds since 1970',
    subjectLabelNames,
  );
  const lastRun = addGauge(
    registry,
    'restore_drill_last_run_timestamp',
    'End of the newest drill, whatever came of it, in seconds since 1970',
    labelNames,
  );
  const lastSuccess = addGauge(
    registry,
    'restore_drill_last_success_timestamp',
    'End of the newest drill that succeeded, in seconds since 1970',
    labelNames,
  );
  const rto = addGauge(
    registry,
    'restore_drill_rto_seconds',
    'Seconds that the newest drill took to have everything back',
    labelNames,
  );
  const rpo = addGauge(
    registry,
    'restore_drill_rpo_seconds',
    'Seconds of data that the loss played by the newest drill would have cost',
    labelNames,
  );
  const unreadable = addGauge(
    registry,
    'restore_drill_unreadable_reports',
    'Reports of drills that cannot be understood',
    ['server'],
  );
  return {
    name: 'drills',
    registry,
    async refresh(signal) {
      const found = await Promise.all(
        servers.map(async (server) => ({ server, ...(await readDrills(server, signal)) })),
      );
      const newest = (isWanted: (drill: DrillFacts) => boolean) =>
        found.flatMap(({ server, drills }) =>
          newestOfEach(drills.filter(isWanted)).map(
            (facts) => [{ server, drill: facts.drill, store: facts.store }, facts] as const,
          ),
        );
      const ended = ([labels, { finishedAt }]: ReturnType<typeof newest>[number]) =>
        [labels, toTimestamp(new Date(finishedAt))] as const;
      const runs = newest(() => true);
      lastRun.replace(runs.map(ended));
      lastSuccess.replace(newest(({ hasSucceeded }) => hasSucceeded).map(ended));
      rto.replace(runs.map(([labels, { rtoSeconds }]) => [labels, rtoSeconds]));
      rpo.replace(
        runs.flatMap(([labels, { rpoSeconds }]) =>
          rpoSeconds === undefined ? [] : [[labels, rpoSeconds] as const],
        ),
      );
      const latest = new Map(
        found
          .flatMap((one) => one.proven)
          .sort((a, b) => a.provenAt.getTime() - b.provenAt.getTime())
          .map((backup) => [subjectPrefix(backup.subject), backup]),
      );
      proven.replace(
        [...latest.values()].map(({ subject, provenAt }) => [subjectLabels(subject), toTimestamp(provenAt)]),
      );
      unreadable.replace(found.map(({ server, unreadable: count }) => [{ server }, count]));
    },
  };
}

/** The newest of each kind of drill and store. */
function newestOfEach(oldestFirst: readonly DrillFacts[]): DrillFacts[] {
  return [...new Map(oldestFirst.map((facts) => [`${facts.drill} ${facts.store}`, facts])).values()];
}
