import { resolveServer } from '../config/resolve.js';
import type { ReplicateArgument } from '../model/arguments.js';
import type { ReplicationHeartbeat } from '../model/replication.js';
import { copyLacking, type Copied } from '../replication/copy-lacking.js';
import { requireStore, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';

/** A large listing, and an artifact that is read back in a store that keeps no checksums, say nothing for a while. */
const STALL_SECONDS = 1800;
/** What a result, which Temporal stores, tells of. */
const FAULTS_SHOWN = 10;
const MESSAGE_LENGTH = 300;

/** Copies from the primary to another store what that one lacks. Begun again, it goes on with what is left. */
export async function replicate(
  dependencies: Dependencies,
  { server, store }: ReplicateArgument,
): Promise<Copied> {
  const { configuration, stores, logger } = dependencies;
  const state: ReplicationHeartbeat = { bytesExpected: 0, objectsLacking: 0, objectsDone: 0 };
  return runStep(logger, { stallSeconds: STALL_SECONDS, details: () => state }, async (step) => {
    const { name } = resolveServer(configuration, server);
    const replica = requireStore(dependencies, store);
    if (replica === stores[0]) return { objects: 0, bytes: 0, faults: [] };
    const { faults, ...copied } = await copyLacking({ primary: stores[0], replica }, name, {
      ...step,
      onPlan: ({ objects, bytes }) => {
        Object.assign(state, { objectsLacking: objects, bytesExpected: bytes });
      },
      onCopied: (objects) => (state.objectsDone = objects),
    });
    for (const fault of faults) logger.warn({ server: name, store, ...fault }, 'not copied');
    const shown = faults.slice(0, FAULTS_SHOWN);
    return {
      ...copied,
      faults: shown.map(({ key, message }) => ({ key, message: message.slice(0, MESSAGE_LENGTH) })),
    };
  });
}
