import { defineSearchAttributeKey } from '@temporalio/common';

/** The search attributes that workers register when they are missing, all of Temporal's type Keyword. */
export const searchAttributeKeys = {
  BackupServer: defineSearchAttributeKey('BackupServer', 'KEYWORD'),
  BackupDatabase: defineSearchAttributeKey('BackupDatabase', 'KEYWORD'),
  BackupId: defineSearchAttributeKey('BackupId', 'KEYWORD'),
  BackupKind: defineSearchAttributeKey('BackupKind', 'KEYWORD'),
  BackupOutcome: defineSearchAttributeKey('BackupOutcome', 'KEYWORD'),
} as const;
