import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { installPrometheus } from '../../tools/install/install-prometheus.js';
import { readDashboard, type DashboardPanel } from '../support/read-dashboard.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';
import { root } from './compose-config.js';

const overlap = ({ place: a }: DashboardPanel, { place: b }: DashboardPanel) =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

test('the dashboard begins with what people want to know, and no panel covers another', async () => {
  const panels = await readDashboard();
  expect(panels[0]!.title).toBe('Are we safe?');
  expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
  for (const panel of panels) {
    expect(panel.place.x + panel.place.w, panel.title).toBeLessThanOrEqual(24);
    expect(panels.filter((other) => other !== panel && overlap(panel, other))).toEqual([]);
  }
});

test('Prometheus understands every expression of the dashboard, and each of our metrics in it is documented', async () => {
  const { promtool } = await installPrometheus();
  const expressions = (await readDashboard()).flatMap((panel) => panel.expressions);
  const file = join(await makeScratchDirectory(), 'dashboard.yml');
  const rules = expressions.map((expr, index) => ({ record: `dashboard:${index}`, expr }));
  await writeFile(file, stringify({ groups: [{ name: 'dashboard', rules }] }));
  await execa(promtool, ['check', 'rules', file]);
  const page = await readFile(join(root, 'docs', 'metrics.md'), 'utf8');
  const used = expressions.join('\n').match(/\b(backup|base_backup|wal|restore_drill)_[a-z_]+\b/g)!;
  expect(used.length).toBeGreaterThan(20);
  for (const metric of used) expect(page).toContain(`| \`${metric}\``);
});
