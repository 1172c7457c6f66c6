// `npm test`: installs what the tests need, builds, checks style and types, and runs every test. Arguments go to
// vitest; when they name files or tests, only those run.
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { installChromium } from './install/install-chromium.js';
import { installCompose } from './install/install-compose.js';
import { installHadolint } from './install/install-hadolint.js';
import { installMinio } from './install/install-minio.js';
import { installPostgres } from './install/install-postgres.js';
import { installPrometheus } from './install/install-prometheus.js';
import { installPythonTemporalio } from './install/install-python-temporalio.js';
import { installSystemPackages } from './install/install-system-packages.js';
import { installTemporal } from './install/install-temporal.js';
import { installTemporalServer } from './install/install-temporal-server.js';
import { installTemporalTestServer } from './install/install-temporal-test-server.js';
import { installTemporalUi } from './install/install-temporal-ui.js';
import { installToxiproxy } from './install/install-toxiproxy.js';
import { installVersitygw } from './install/install-versitygw.js';

const installations: readonly [what: string, install: () => Promise<unknown>][] = [
  ['system packages', installSystemPackages],
  ['PostgreSQL 16', () => installPostgres(16)],
  ['PostgreSQL 18', () => installPostgres(18)],
  ['Temporal development server', installTemporal],
  ['Temporal server 1.24.2', installTemporalServer],
  ['Temporal UI 2.26.2', installTemporalUi],
  ['Temporal test server', installTemporalTestServer],
  ['MinIO', installMinio],
  ['versitygw', installVersitygw],
  ['toxiproxy', installToxiproxy],
  ['Chromium', installChromium],
  ['Temporal’s Python SDK', installPythonTemporalio],
  ['Docker Compose', installCompose],
  ['hadolint', installHadolint],
  ['Prometheus and Alertmanager', installPrometheus],
];

console.log('Installing what the tests need; the first time takes several minutes');
for (const [what, install] of installations) {
  const start = Date.now();
  process.stdout.write(`  ${what}: `);
  await install();
  console.log(`ready (${Math.round((Date.now() - start) / 1000)} s)`);
}

const args = process.argv.slice(2);
const isSelection = args.some((arg) => !arg.startsWith('-'));
const outcomes: [step: string, passed: boolean][] = [];

await runStep('build', 'npm', ['run', '--silent', 'build']);
if (!isSelection) {
  await runStep('typecheck', 'npm', ['run', '--silent', 'typecheck']);
  await runStep('lint', 'npm', ['run', '--silent', 'lint']);
}
// Not through npx, which would leave it running when this process is ended.
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
await runStep('tests', process.execPath, [vitest, 'run', ...args]);

console.log(`\n${outcomes.map(([step, passed]) => `${step} ${passed ? 'passed' : 'FAILED'}`).join(', ')}`);
process.exitCode = outcomes.every(([, passed]) => passed) ? 0 : 1;

/** Runs one step in the foreground. A failed one does not keep the others from showing what they find. */
async function runStep(step: string, command: string, commandArgs: readonly string[]): Promise<void> {
  console.log(`\n${step}: ${command} ${commandArgs.join(' ')}`);
  const { failed } = await execa(command, commandArgs, {
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'inherit',
    reject: false,
  });
  outcomes.push([step, !failed]);
}
