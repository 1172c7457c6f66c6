import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { installPrometheus } from '../install/install-prometheus.js';
import { findFreePort } from './free-port.js';
import { makeServerDirectory, makeStop, startOrStop, type Stoppable } from './server-directory.js';
import { prepareServerProcess } from './server-process.js';

/** What Prometheus does. */
export interface PrometheusOptions {
  /** host:port of what is scraped, each second, by the name of its job. */
  targets: Readonly<Record<string, string>>;
  /** Paths of rule files; the rules are evaluated each second. */
  ruleFiles: readonly string[];
  /** host:port of the Alertmanager. */
  alertmanager: string;
}

/** A running Prometheus. */
export interface PrometheusServer extends Stoppable {
  /** Evaluates an expression now. */
  query(expression: string): Promise<{ metric: Record<string, string>; value: number }[]>;
}

/** Starts Prometheus on 127.0.0.1. */
export async function startPrometheus(options: PrometheusOptions): Promise<PrometheusServer> {
  const { prometheus } = await installPrometheus();
  const address = `127.0.0.1:${await findFreePort()}`;
  const directory = await makeServerDirectory('prometheus');
  await writeFile(
    join(directory, 'prometheus.yml'),
    stringify({
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: options.ruleFiles,
      scrape_configs: Object.entries(options.targets).map(([job, target]) => ({
        job_name: job,
        metrics_path: '/metrics/',
        static_configs: [{ targets: [target] }],
      })),
      alerting: { alertmanagers: [{ static_configs: [{ targets: [options.alertmanager] }] }] },
    }),
  );
  const server = prepareServerProcess({
    name: 'Prometheus',
    command: prometheus,
    args: [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=${address}`,
    ],
    directory,
    isReady: async () => (await fetch(`http://${address}/-/ready`)).ok,
  });
  const stoppable = makeStop(() => server.end(), directory);
  await startOrStop(() => server.start(), stoppable);
  return {
    ...stoppable,
    async query(expression) {
      const response = await fetch(`http://${address}/api/v1/query`, {
        method: 'POST',
        body: new URLSearchParams({ query: expression }),
      });
      const answer = (await response.json()) as {
        error?: string;
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      if (!response.ok) throw new Error(`${expression}: ${answer.error}`);
      return answer.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
    },
  };
}
