import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, expect, test } from 'vitest';
import * as workflows from '../../src/workflows/index.js';

const directory = join(import.meta.dirname, '..', 'histories');

/** A history as `npm run histories:record` writes it. */
interface RecordedHistory {
  events: {
    workflowExecutionStartedEventAttributes?: { workflowType: { name: string }; workflowId: string };
  }[];
}

const recorded = readdirSync(directory)
  .filter((file) => file.endsWith('.json'))
  .map((file) => {
    const text = readFileSync(join(directory, file), 'utf8');
    const history = JSON.parse(text) as RecordedHistory;
    const { workflowType, workflowId } = history.events[0]!.workflowExecutionStartedEventAttributes!;
    return { name: file.slice(0, -'.json'.length), text, history, type: workflowType.name, workflowId };
  });

let workflowBundle: WorkflowBundle;
beforeAll(async () => {
  const logger = new DefaultLogger('WARN');
  Runtime.install({ logger, telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } } });
  const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
}, 60_000);

test('every workflow type has recorded histories', () => {
  expect(new Set(recorded.map(({ type }) => type))).toEqual(new Set(Object.keys(workflows)));
});

// A run that was begun by the code of then goes on with the code of now. What breaks that belongs behind `patched()`.
test.each(recorded)('the history $name replays', async ({ workflowId, history }) => {
  await Worker.runReplayHistory({ workflowBundle }, history, workflowId);
});

test('a history of other code does not', async () => {
  const { workflowId, text } = recorded.find(({ name }) => name === 'backup-database')!;
  const other = JSON.parse(text.replaceAll('{"name":"compress"}', '{"name":"encrypt"}')) as RecordedHistory;
  await expect(Worker.runReplayHistory({ workflowBundle }, other, workflowId)).rejects.toThrow(
    DeterminismViolationError,
  );
});

test('a backup takes at most 100 events and 100 KiB, with every step and retries', () => {
  const whole = recorded.filter(({ name }) =>
    ['backup-database', 'backup-database-gpg', 'backup-database-retried', 'backup-globals'].includes(name),
  );
  expect(whole).toHaveLength(4);
  for (const { text, history } of whole) {
    expect(history.events.length).toBeLessThanOrEqual(100);
    // As JSON a history is larger than Temporal counts it.
    expect(text.length).toBeLessThanOrEqual(100 * 1024);
  }
});
