import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const file = join(import.meta.dirname, '../../deploy/grafana/dashboards/temponest-backups.json');

const datasource = z.strictObject({ type: z.literal('prometheus'), uid: z.literal('${datasource}') });
const place = z.strictObject({
  x: z.int().min(0),
  y: z.int().min(0),
  w: z.int().min(1).max(24),
  h: z.int().min(1),
});
const target = z.object({ refId: z.string(), datasource, expr: z.string().min(1), legendFormat: z.string() });
const common = { id: z.int().positive(), title: z.string().min(1), gridPos: place };
const row = z.object({ ...common, type: z.literal('row'), panels: z.tuple([]) });
const panel = z.object({
  ...common,
  type: z.enum(['stat', 'bargauge', 'timeseries']),
  datasource,
  fieldConfig: z.object({ defaults: z.object({ unit: z.string() }) }),
  options: z.record(z.string(), z.unknown()),
  targets: z.array(target).min(1),
});
const dashboard = z.object({
  uid: z.literal('temponest-backups'),
  schemaVersion: z.int().min(36),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string() })) }),
  panels: z.array(z.union([row, panel])),
});

/** A panel of the dashboard, with what it asks of Prometheus, for all servers. */
export interface DashboardPanel {
  title: string;
  place: z.infer<typeof place>;
  expressions: string[];
}

/** Reads the dashboard, as far as Grafana needs it to draw it. */
export async function readDashboard(): Promise<DashboardPanel[]> {
  const { panels } = dashboard.parse(JSON.parse(await readFile(file, 'utf8')));
  return panels.map((one) => ({
    title: one.title,
    place: one.gridPos,
    expressions: one.type === 'row' ? [] : one.targets.map(({ expr }) => expr.replaceAll('$server', '.*')),
  }));
}
