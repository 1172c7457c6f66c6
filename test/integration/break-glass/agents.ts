import { fileURLToPath } from 'node:url';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

/** The task queue of the agents. */
export const AGENTS = 'agents';

Runtime.install({ logger: new DefaultLogger('ERROR') });

/** Has a worker of the agents in this process while `use` goes on. */
export async function withAgents(address: string, use: () => Promise<void>): Promise<void> {
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue: AGENTS,
    workflowsPath: fileURLToPath(new URL('./agent-workflows.ts', import.meta.url)),
  });
  await worker.runUntil(use);
  await connection.close();
}
