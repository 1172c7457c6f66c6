import type { LifecycleRule as GcsRule } from '@google-cloud/storage';
import { lifecyclePrefixes, type LifecycleRule } from '../model/lifecycle.js';
import type { GcsConnection } from './gcs-connection.js';
import type { BucketLifecycle } from './store.js';

/**
 * Google's rules have no names: ours are those for nothing but one prefix of ours. An upload that was not finished ends by
 * itself after a week.
 *
 * @see https://cloud.google.com/storage/docs/lifecycle
 */
export function gcsLifecycle(gcs: GcsConnection): BucketLifecycle {
  const ours = lifecyclePrefixes.map((prefix) => gcs.toObjectName(prefix));

  const toRules = ({ prefix, expireAfterDays, transition }: LifecycleRule): GcsRule[] => {
    const matchesPrefix = [gcs.toObjectName(prefix)];
    const expire: GcsRule = {
      action: { type: 'Delete' },
      condition: { age: expireAfterDays, matchesPrefix },
    };
    if (!transition) return [expire];
    const { afterDays: age, storageClass } = transition;
    return [{ action: { type: 'SetStorageClass', storageClass }, condition: { age, matchesPrefix } }, expire];
  };
  const prefixOf = ({ condition }: GcsRule): string | undefined => {
    const [prefix, ...more] = condition.matchesPrefix ?? [];
    return more.length === 0 && ours.includes(prefix ?? '') ? prefix : undefined;
  };
  const byPrefix = (rules: readonly GcsRule[]) =>
    Object.fromEntries(
      ours.flatMap((prefix): [string, GcsRule[]][] => {
        const those = rules.filter((rule) => prefixOf(rule) === prefix);
        return those.length === 0 ? [] : [[prefix, those]];
      }),
    );

  async function readAll(signal: AbortSignal): Promise<GcsRule[]> {
    const [{ lifecycle }] = await gcs.ask(signal, () => gcs.bucket.getMetadata());
    return lifecycle?.rule ?? [];
  }

  return {
    render: (rules) => byPrefix(rules.flatMap(toRules)),
    read: async (signal) => byPrefix(await readAll(signal)),
    async write(rules, signal) {
      const others = (await readAll(signal)).filter((rule) => prefixOf(rule) === undefined);
      const lifecycle = { rule: [...others, ...rules.flatMap(toRules)] };
      await gcs.ask(signal, () => gcs.bucket.setMetadata({ lifecycle }));
    },
  };
}
