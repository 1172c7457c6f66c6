import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { installPrometheus, type PrometheusPrograms } from '../../tools/install/install-prometheus.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';
import { alertCases, type AlertCase } from './alert-cases.js';
import { root } from './compose-config.js';

const file = join(root, 'deploy', 'prometheus', 'temponest-backups.rules.yml');

interface Rule {
  alert: string;
  labels: { severity: string };
  annotations: Record<string, string>;
}

let programs: PrometheusPrograms;
let rules: Rule[];

beforeAll(async () => {
  programs = await installPrometheus();
  const { groups } = parse(await readFile(file, 'utf8')) as { groups: { rules: Rule[] }[] };
  rules = groups.flatMap((group) => group.rules);
});

/** What promtool is to find at three moments: not yet, now, not any more. */
function toPromtoolTest({ alert, series, fires, labels }: AlertCase) {
  const { severity } = rules.find((rule) => rule.alert === alert)!.labels;
  const expected = labels.map((own) => {
    const all = { alertname: alert, alertstate: 'firing', severity, ...own };
    const pairs = Object.entries(all).flatMap(([name, value]) =>
      value === '' ? [] : [`${name}="${value}"`],
    );
    return { labels: `ALERTS{${pairs.join(',')}}`, value: 1 };
  });
  const check = (minute: number, samples: typeof expected) => ({
    expr: `ALERTS{alertname="${alert}",alertstate="firing"}`,
    eval_time: `${minute}m`,
    exp_samples: samples,
  });
  return {
    interval: '1m',
    input_series: Object.entries(series).map(([metric, values]) => ({ series: metric, values })),
    promql_expr_test: [check(fires.after, []), check(fires.at, expected), check(fires.over, [])],
  };
}

test('every alert fires when it should, not before, and resolves', { timeout: 180_000 }, async () => {
  expect(new Set(alertCases.map(({ alert }) => alert))).toEqual(new Set(rules.map(({ alert }) => alert)));
  const scratch = await makeScratchDirectory();
  const tests = join(scratch, 'alerts.yml');
  await writeFile(
    tests,
    stringify({ rule_files: [file], evaluation_interval: '1m', tests: alertCases.map(toPromtoolTest) }),
  );
  const { stdout, stderr } = await execa(programs.promtool, ['test', 'rules', tests], { reject: false });
  expect(`${stdout}${stderr}`).toContain('SUCCESS');
});

test('every alert says how bad it is, what is wrong, and where to read on', async () => {
  await execa(programs.promtool, ['check', 'rules', '--lint-fatal', file]);
  for (const { alert, labels, annotations } of rules) {
    expect(labels.severity, alert).toMatch(/^(warning|critical)$/);
    expect(Object.keys(annotations).sort(), alert).toEqual(['description', 'runbook_url', 'summary']);
    const [page, anchor] = annotations.runbook_url!.split('#') as [string, string];
    const headings = (await readFile(join(root, page), 'utf8')).match(/^#+ .*$/gm)!;
    const anchors = headings.map((heading) => heading.replace(/^#+ /, '').toLowerCase());
    expect(anchors, alert).toContain(anchor);
  }
});

test('the examples for Prometheus and Alertmanager are valid, and lead each alert to the right people', async () => {
  const [scrape, routes] = ['scrape.yml', 'alertmanager.yml'].map((name) =>
    join(root, 'deploy', 'prometheus', name),
  ) as [string, string];
  await execa(programs.promtool, ['check', 'config', '--syntax-only', scrape]);
  await execa(programs.amtool, ['check-config', routes]);
  for (const { alert, labels } of rules) {
    const facts = [`alertname=${alert}`, `severity=${labels.severity}`];
    const { stdout } = await execa(programs.amtool, [
      'config',
      'routes',
      'test',
      `--config.file=${routes}`,
      ...facts,
    ]);
    expect(stdout, alert).toBe(labels.severity === 'critical' ? 'on-call' : 'team');
  }
});

test('every metric that an alert goes by is on the page about them', async () => {
  const page = await readFile(join(root, 'docs', 'metrics.md'), 'utf8');
  const used = (await readFile(file, 'utf8')).match(
    /\b(backup|base_backup|wal|restore_drill)_[a-z_]+\b(?=[{)[ ])/g,
  )!;
  for (const metric of used) expect(page).toContain(`| \`${metric}\``);
});
