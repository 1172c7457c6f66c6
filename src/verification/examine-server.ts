import type { Client } from '@temporalio/client';
import { resolveServer } from '../config/resolve.js';
import type { Configuration } from '../config/schema.js';
import type { Finding } from '../model/findings.js';
import { encodeName } from '../model/names.js';
import {
  VERIFICATION_FORMAT,
  type VerificationPlan,
  type VerificationReport,
} from '../model/verification.js';
import { findDeadChannels } from '../observability/dead-channels.js';
import { measureLag } from '../replication/measure-lag.js';
import type { Store } from '../stores/store.js';
import { findWalFaults } from '../wal/find-wal-faults.js';
import { examineAges } from './examine-ages.js';
import { compareReports } from './compare-reports.js';
import { countContents } from './count-contents.js';
import { findReplaced } from './find-replaced.js';
import { judgeChannels } from './judge-channels.js';
import { judgeContents } from './judge-contents.js';
import { judgeKeys, readRecipients } from './judge-keys.js';
import { DAMAGED, isReadAgain, judgeReadBack } from './judge-read-back.js';
import { judgeReplica } from './judge-replica.js';
import { countSchedules, judgeSchedules } from './judge-schedules.js';
import { judgeStore } from './judge-store.js';
import { readReadBack } from './read-back-records.js';
import { readNewestVerification } from './read-newest-verification.js';
import { readSchedules } from './read-schedules.js';
import { readStores } from './read-store.js';
import { readWalEvidence } from './read-wal-evidence.js';

/** By what means a server's backups are examined. */
export interface ExaminationMeans {
  configuration: Configuration;
  stores: readonly [Store, ...Store[]];
  temporal: Client;
  passFile: string | undefined;
  programDirectories: readonly string[];
}

type Run = Pick<VerificationReport, 'workflowId' | 'runId'>;

/**
 * Examines all that a server's backups depend on, and compares what is wrong with what the verification before found. Reads
 * listings and manifests; what was read back whole is taken from its record.
 *
 * @throws OperationError when the primary store cannot be read
 */
export async function examineServer(
  means: ExaminationMeans,
  plan: VerificationPlan,
  run: Run,
  step: { signal: AbortSignal; onAlive: () => void },
): Promise<VerificationReport> {
  const { configuration, stores, temporal, passFile, programDirectories } = means;
  const { signal } = step;
  const [primary] = stores;
  const now = new Date(plan.startedAt);
  const server = resolveServer(configuration, plan.server);
  const previous = await readNewestVerification(primary, server.name, signal, now);
  const { contents, unread } = await readStores(stores, server.name, step, now);
  const schedules = await readSchedules(temporal, scheduleNames(configuration, server.name));
  const record =
    plan.readBackDays === undefined ? undefined : await readReadBack(primary, server.name, plan.id, signal);
  const wal = server.wal
    ? await readWalEvidence(server, { store: primary, temporal, passFile }, signal)
    : undefined;
  step.onAlive();

  const isDamage = ({ id }: Finding) => id.startsWith(`${DAMAGED}/`);
  // What was found before and was not read again since is as damaged as it was.
  const stillDamaged = (previous?.findings ?? []).flatMap((finding) =>
    isDamage(finding) && !isReadAgain(finding, record, contents)
      ? [{ store: finding.store!, key: finding.where }]
      : [],
  );
  const isReplaced = findReplaced(contents, [...stillDamaged, ...(record?.damaged ?? [])], now);

  const found: Finding[] = [
    ...(await examineAges(server, primary, { passFile, now, signal })),
    ...contents.flatMap((store) => judgeStore(store, isReplaced, now)),
    ...[...contents[0]!.inventories].flatMap(([database, inventories]) => {
      const [newest, ...before] = countContents(inventories);
      return judgeContents(server.name, database, newest!, before);
    }),
    ...unread.map(describeUnread),
    ...(await examineReplicas(stores, unread, server.name, now, signal)),
    ...judgeSchedules(server.name, schedules, previous?.schedules ?? []),
    ...judgeChannels(configuration, await findDeadChannels(temporal, now)),
    ...judgeKeys(await readRecipients(configuration.encryption, programDirectories, signal), now),
    ...(wal ? findWalFaults(wal) : []),
    ...(plan.readBackDays === undefined
      ? []
      : record
        ? judgeReadBack(server.name, record, isReplaced)
        : [describeNotReadBack(server.name)]),
  ];
  const isJudged = (finding: Finding): boolean => {
    if (finding.store !== undefined && unread.includes(finding.store)) return false;
    if (isDamage(finding)) return isReadAgain(finding, record, contents);
    if (plan.readBackDays === undefined && finding.id.startsWith('read-back-')) return false;
    // Without the server nobody knows how far behind it the archive is.
    return !(wal && 'fault' in wal.live && /^wal-(lag|none|no-base)\//.test(finding.id));
  };
  return {
    format: VERIFICATION_FORMAT,
    ...{ id: plan.id, server: server.name, startedAt: plan.startedAt },
    finishedAt: new Date().toISOString(),
    ...compareReports(found, previous, isJudged, now),
    ...(record ? { readBack: record.summary } : {}),
    schedules: countSchedules(schedules),
    ...run,
  };
}

const describeNotReadBack = (server: string): Finding => ({
  id: `read-back-failed/${encodeName(server)}`,
  severity: 'warning',
  what: 'Nothing could be read back today.',
  where: server,
  remedy: 'see why in the worker log',
});

const describeUnread = (store: string): Finding => ({
  id: `store-unreadable/${store}`,
  severity: 'critical',
  what: `Store "${store}" cannot be read, so that nobody knows what it holds.`,
  where: store,
  store,
  remedy: 'run "temponest-backups config check"',
});

/** The schedules of backups.yaml that are about a server. */
function scheduleNames({ schedules, servers }: Configuration, server: string): string[] {
  const only = servers.length === 1 ? servers[0]!.name : undefined;
  return Object.keys(schedules).filter((name) => (schedules[name]!.server ?? only) === server);
}

async function examineReplicas(
  [primary, ...replicas]: ExaminationMeans['stores'],
  unread: readonly string[],
  server: string,
  now: Date,
  signal: AbortSignal,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const replica of replicas)
    if (!unread.includes(replica.name))
      findings.push(...judgeReplica(server, await measureLag(primary, replica, server, signal), now));
  return findings;
}
