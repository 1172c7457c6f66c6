import { resolveAdministered } from '../config/connections.js';
import { formatLsn, type Lsn } from '../model/wal-segment.js';
import type { WalHeartbeat, WalPlan, WalRun } from '../model/wal-plan.js';
import { locateClient } from '../postgres/locate-client.js';
import { archiveWal as runArchiver, beginState, type WalSource } from '../wal/archive-wal.js';
import type { ArchiverState } from '../wal/archiver-state.js';
import { closeCluster } from '../wal/close-cluster.js';
import type { LostWal } from '../wal/record-gap.js';
import { shipPartial, shipWaiting } from '../wal/ship-partial.js';
import { asSoleArchiver } from '../wal/sole-archiver.js';
import { programDirectories, requireStore, type Dependencies } from './dependencies.js';
import { resolveWalServer } from './plan-wal.js';
import { replicateWhileArchiving } from './replicate-while-archiving.js';
import { runStep, type StepContext } from './run-step.js';
import { keysOf, openPlannedSpool, withShipping } from './wal-means.js';

/** The store's own time-outs are shorter. */
const STALL_SECONDS = 900;
/** Names in a heartbeat. */
const NAMES_SHOWN = 5;

/**
 * Archives WAL for so many seconds. Ends before when something happened that the workflow has to answer; begun again after
 * that, or after a crash, it goes on where it stopped.
 */
export async function archiveWal(
  dependencies: Dependencies,
  plan: WalPlan,
  seconds: number,
): Promise<WalRun> {
  const { logger } = dependencies;
  const state = beginState();
  const details = () => describeState(plan, state);
  return runStep(logger, { stallSeconds: STALL_SECONDS, details }, async (step) => {
    const counts = () => ({ segments: state.segments, bytes: state.bytes, storedBytes: state.storedBytes });
    if (plan.former !== undefined) {
      const lost = await closeFormer(dependencies, plan, plan.former, step);
      return { ending: 'gap', gap: describeGap(plan.former, lost), ...counts() };
    }
    const spool = await openPlannedSpool(dependencies, plan);
    const endReplication = replicateWhileArchiving(dependencies, plan.server, () => state.segments);
    const ending = await asSoleArchiver(spool, step.signal, async () =>
      runArchiver(
        {
          spool,
          source: await resolveSource(dependencies, plan, step),
          means: { compression: plan.compression, programDirectories: programDirectories(dependencies) },
          keys: keysOf(dependencies, plan.encryption),
          seconds,
        },
        state,
        { ...step, warn: (facts, message) => logger.warn({ server: plan.server, ...facts }, message) },
      ),
    ).finally(endReplication);
    const gap = ending.kind === 'gap' ? { gap: describeGap(plan.systemIdentifier, ending.gap) } : {};
    return { ending: ending.kind, ...gap, ...counts() };
  });
}

async function resolveSource(
  dependencies: Dependencies,
  plan: WalPlan,
  { signal }: StepContext,
): Promise<WalSource> {
  const { configuration, environment } = dependencies;
  const server = resolveWalServer(configuration, plan.server);
  const common = {
    ...(await resolveAdministered(server, environment.passFile)),
    store: requireStore(dependencies, plan.primaryStore),
  };
  if (plan.source.kind === 'archive') return { kind: 'archive', ...common };
  const program = await locateClient('pg_receivewal', plan.major, programDirectories(dependencies), signal);
  return { ...plan.source, ...common, program };
}

/** Ships what is left here of the cluster that the server was before, and puts on record that it has ended. */
async function closeFormer(
  dependencies: Dependencies,
  plan: WalPlan,
  former: string,
  { signal }: StepContext,
): Promise<LostWal> {
  if (plan.source.kind === 'stream') {
    const spool = await openPlannedSpool(dependencies, plan, former);
    await asSoleArchiver(spool, signal, () =>
      withShipping(dependencies, plan, spool, signal, async (means) => {
        await shipWaiting(spool, means);
        await shipPartial(spool, means);
      }),
    );
  }
  const store = requireStore(dependencies, plan.primaryStore);
  const cluster = { server: plan.server, systemIdentifier: former };
  return closeCluster(store, cluster, plan.segmentBytes, signal);
}

const describeGap = (systemIdentifier: string, { first, reason }: LostWal) => ({
  systemIdentifier,
  first,
  reason,
});

function describeState({ systemIdentifier }: WalPlan, state: ArchiverState): WalHeartbeat {
  const { segments, bytes, storedBytes, lagBytes, lagSeconds, aside, trouble } = state;
  const show = (name: 'server' | 'received' | 'archived', lsn: Lsn | undefined) =>
    lsn === undefined ? {} : { [name]: formatLsn(lsn) };
  return {
    ...{ systemIdentifier, segments, bytes, storedBytes, lagBytes, lagSeconds },
    ...show('server', state.server),
    ...show('received', state.received),
    ...show('archived', state.archived),
    aside: aside.slice(-NAMES_SHOWN),
    trouble: Object.values(trouble),
  };
}
