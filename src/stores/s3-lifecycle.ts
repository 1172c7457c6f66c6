import {
  GetBucketLifecycleConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  type LifecycleRule as S3Rule,
  type TransitionStorageClass,
} from '@aws-sdk/client-s3';
import { lifecyclePrefixes, type LifecycleRule } from '../model/lifecycle.js';
import type { S3Connection } from './s3-connection.js';
import { answerOf } from './s3-errors.js';
import type { BucketLifecycle } from './store.js';

/** What the ids of our rules begin with; the prefix in the bucket follows. */
const ID_START = 'temponest-backups ';

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html */
export function s3Lifecycle(s3: S3Connection): BucketLifecycle {
  const ids = new Map(lifecyclePrefixes.map((prefix) => [ID_START + s3.toObjectKey(prefix), prefix]));

  const toRule = ({ prefix, expireAfterDays, abortAfterDays, transition }: LifecycleRule): S3Rule => ({
    ID: ID_START + s3.toObjectKey(prefix),
    Status: 'Enabled',
    Filter: { Prefix: s3.toObjectKey(prefix) },
    ...(transition && {
      Transitions: [
        { Days: transition.afterDays, StorageClass: transition.storageClass as TransitionStorageClass },
      ],
    }),
    Expiration: { Days: expireAfterDays },
    // What was replaced or deleted by somebody else is the genuine one, and wanted as long.
    NoncurrentVersionExpiration: { NoncurrentDays: expireAfterDays },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: abortAfterDays },
  });
  const byPrefix = (rules: readonly S3Rule[]) =>
    Object.fromEntries(rules.map((rule) => [rule.ID!.slice(ID_START.length), rule]));

  async function readAll(signal: AbortSignal): Promise<S3Rule[]> {
    try {
      const { Rules = [] } = await s3.ask(signal, (client, options) =>
        client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: s3.bucket }), options),
      );
      return Rules;
    } catch (error) {
      if (answerOf(error).code === 'NoSuchLifecycleConfiguration') return [];
      throw error;
    }
  }

  return {
    render: (rules) => byPrefix(rules.map(toRule)),
    read: async (signal) => byPrefix((await readAll(signal)).filter(({ ID }) => ids.has(ID ?? ''))),
    async write(rules, signal) {
      const others = (await readAll(signal)).filter(({ ID }) => !ids.has(ID ?? ''));
      const Rules = [...others, ...rules.map(toRule)];
      const query = { Bucket: s3.bucket, LifecycleConfiguration: { Rules } };
      await s3.ask(signal, (client, options) =>
        client.send(new PutBucketLifecycleConfigurationCommand(query), options),
      );
    },
  };
}
