// The entry of `npm run demo`, `npm test` and `npm run bench`: it runs before anything is installed, so it is plain
// JavaScript without dependencies. It looks at Node's version, installs the npm packages and runs tools/<verb>.ts.
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const needed = [20, 20];

/** Runs a program to its end, passing on what asks this process to stop. Answers with its exit code. */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit' });
    // A terminal sends Ctrl-C to the whole process group: the child has it already, and twice would mean "at once".
    const onInterrupt = () => process.stdin.isTTY || child.kill('SIGINT');
    const onTerminate = () => child.kill('SIGTERM');
    process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

function isNodeTooOld() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major < needed[0] || (major === needed[0] && minor < needed[1]);
}

/** npm writes node_modules/.package-lock.json at the end of every installation. */
function areModulesStale() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  return (
    !existsSync(installed) || statSync(installed).mtimeMs < statSync(join(root, 'package-lock.json')).mtimeMs
  );
}

async function main([verb, ...args]) {
  if (isNodeTooOld()) {
    console.error(
      `Node ${process.versions.node} is too old: install Node ${needed.join('.')} or newer from https://nodejs.org and try again.`,
    );
    return 1;
  }
  if (!['demo', 'test', 'bench'].includes(verb)) {
    console.error('Say what to run: node tools/bootstrap.mjs demo|test|bench [arguments]');
    return 2;
  }
  if (areModulesStale()) {
    console.log('Installing npm packages');
    const code = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
    if (code !== 0) return code;
  }
  return await run(process.execPath, ['--import', 'tsx', join('tools', `${verb}.ts`), ...args]);
}

process.exitCode = await main(process.argv.slice(2));
