import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** Where the build leaves the workflows' code, for workers to load. */
const bundle = fileURLToPath(new URL('./workflow-bundle.cjs', import.meta.url));

const { code } = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('./workflows/index.js', import.meta.url)),
  logger: new DefaultLogger('WARN'),
});
await writeFile(bundle, code);
