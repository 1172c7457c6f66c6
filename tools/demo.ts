// `npm run demo`: nightly backups of TempoNest's databases on this machine; `--help` says more.
import { once } from 'node:events';
import { readOptions } from './demo/read-options.js';
import { runDemo } from './demo/run-demo.js';
import { Started } from './demo/started.js';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'; // all works on Node 20
const options = readOptions(process.argv.slice(2));
process.exit(typeof options === 'number' ? options : await main(options));

async function main(demo: Exclude<typeof options, number>): Promise<number> {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      interruption.abort();
    });
  }
  const interrupted = once(interruption.signal, 'abort');
  const started = new Started();
  let code = 130;
  try {
    const result = runDemo(demo, started).then((succeeded) => {
      code = succeeded ? 0 : 1;
    });
    await Promise.race([result, interrupted]);
    if (!demo.exit && !interruption.signal.aborted) {
      console.log('\nPress Ctrl-C to stop everything and remove it.');
      await interrupted;
    }
  } catch (error) {
    code = 1;
    console.error(describe(error));
  } finally {
    console.log('\nStopping everything and removing it');
    await started.end();
  }
  return code;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
