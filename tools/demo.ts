// `npm run demo`: nightly backups of TempoNest's databases on this machine; `--help` says more.
import { Interrupted, interrupted } from './demo/interruption.js';
import { readOptions, type DemoOptions } from './demo/read-options.js';
import { runDemo } from './demo/run-demo.js';
import { withStarted } from './demo/with-started.js';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'; // all works on Node 20

const options = readOptions(process.argv.slice(2));
// What an interruption left undone (an installation, say) must not keep this process.
process.exit(typeof options === 'number' ? options : await main(options));

/** Answers with the exit code. */
async function main(demo: DemoOptions): Promise<number> {
  let succeeded: boolean | undefined;
  try {
    await withStarted(async (started) => {
      succeeded = await runDemo(demo, started);
      if (demo.exit) return;
      console.log('\nPress Ctrl-C to stop everything and remove it.');
      await interrupted();
    });
  } catch (error) {
    if (!(error instanceof Interrupted)) {
      console.error(error instanceof Error ? error.message : String(error));
      return 1;
    }
  }
  if (succeeded === undefined) return 130;
  return succeeded ? 0 : 1;
}
