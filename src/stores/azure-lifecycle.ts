import type { LifecycleRule } from '../model/lifecycle.js';

/**
 * A management policy with our rules and no others: an account has one for all its containers, and takes it from whoever
 * administers the account, not from who may write blobs. Azure itself forgets unfinished uploads after a week.
 *
 * @param startOf - what the names of blobs begin with, below a prefix of the store, the container's first
 * @see https://learn.microsoft.com/azure/storage/blobs/lifecycle-management-policy-structure
 */
export function azureManagementPolicy(
  rules: readonly LifecycleRule[],
  startOf: (prefix: string) => string,
): object {
  return {
    rules: rules.map(({ prefix, expireAfterDays, transition }) => {
      const move = transition && {
        [`tierTo${transition.storageClass}`]: { daysAfterCreationGreaterThan: transition.afterDays },
      };
      return {
        name: `temponest-backups-${startOf(prefix)
          .replaceAll(/[^A-Za-z0-9]+/g, '-')
          .replace(/-$/, '')}`,
        enabled: true,
        type: 'Lifecycle',
        definition: {
          filters: { blobTypes: ['blockBlob'], prefixMatch: [startOf(prefix)] },
          actions: {
            baseBlob: { ...move, delete: { daysAfterCreationGreaterThan: expireAfterDays } },
            version: { delete: { daysAfterCreationGreaterThan: expireAfterDays } },
          },
        },
      };
    }),
  };
}
