import { defineQuery } from '@temporalio/workflow';
import type { BackupProgress, BackupsProgress } from '../model/results.js';

/** `progress` of one backup. */
export const backupProgressQuery = defineQuery<BackupProgress>('progress');

/** `progress` of a run over several databases. */
export const backupsProgressQuery = defineQuery<BackupsProgress>('progress');
