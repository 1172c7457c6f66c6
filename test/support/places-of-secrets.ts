import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { textsOf } from './texts-of.js';

/** The histories of all workflows that there were, as text. */
export async function readHistories({ client }: { client: Client }): Promise<string[]> {
  const histories: string[] = [];
  for await (const { workflowId, runId } of client.workflow.list())
    histories.push(textsOf(await client.workflow.getHandle(workflowId, runId).fetchHistory()).join('\n'));
  return histories;
}

/** All files below a directory, as text. */
export async function readFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')));
}
