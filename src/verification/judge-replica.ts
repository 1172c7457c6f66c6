import type { Finding } from '../model/findings.js';
import { encodeName } from '../model/names.js';
import { lagSeconds, type ReplicaLag } from '../replication/measure-lag.js';

/** What a night brought is copied by the next morning, also where a link is slow, in seconds. */
const MAXIMUM_LAG_SECONDS = 24 * 3600;

/** Judges whether a replica has what the primary has. */
export function judgeReplica(server: string, lag: ReplicaLag, now: Date): Finding[] {
  const { store, objects, bytes, since, different } = lag;
  const findings: Finding[] = different.map((key) => ({
    id: `replica-different/${store}/${key}`,
    severity: 'critical',
    what: `${key} has another size in store "${store}" than in the primary.`,
    where: key,
    store,
    remedy: 'find out which of the two is damaged with "temponest-backups stores compare"',
  }));
  if (since && lagSeconds(lag, now) > MAXIMUM_LAG_SECONDS)
    findings.push({
      id: `replica-lagging/${store}/${encodeName(server)}`,
      severity: 'warning',
      what: `Store "${store}" lacks ${objects} objects (${bytes} bytes) of server ${server} that the primary has, the oldest since ${since.toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
      where: server,
      store,
      since: since.toISOString(),
      remedy: 'see that the store can be reached, and run "temponest-backups stores sync"',
    });
  return findings;
}
