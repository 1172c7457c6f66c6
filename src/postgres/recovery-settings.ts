import type { RecoveryTarget } from '../model/recovery-target.js';
import { scratchSettings } from './scratch-settings.js';

/**
 * How a server is run on a copy of a real one's data directory: as a scratch server, with none of the copy's own
 * configuration, and so that nothing of it reaches out to where the real one did.
 *
 * @param ownFiles - the configuration and the access rules to read in the place of those in the data directory
 */
export function copiedClusterSettings(ownFiles: {
  configFile: string;
  hbaFile: string;
}): Record<string, string> {
  return {
    config_file: ownFiles.configFile,
    hba_file: ownFiles.hbaFile,
    ident_file: ownFiles.configFile,
    ...scratchSettings(),
    // Whoever archives the log of this server later finds nothing in it that another recovery could not read.
    wal_level: 'replica',
    full_page_writes: 'on',
    // Transactions that were prepared on the real one come back.
    max_prepared_transactions: '100',
    // A subscription would fetch, from its publisher, what is meant for the real one.
    max_logical_replication_workers: '0',
  };
}

/**
 * How it is made to replay the log up to a target, and to serve from then on as a timeline of its own.
 *
 * @param timeline - the one to follow
 * @see https://www.postgresql.org/docs/current/runtime-config-wal.html#RUNTIME-CONFIG-WAL-RECOVERY-TARGET
 */
export function recoverySettings(
  restoreCommand: string,
  target: RecoveryTarget,
  timeline: number,
): Record<string, string> {
  return {
    restore_command: restoreCommand,
    recovery_target_timeline: String(timeline),
    recovery_target_action: 'promote',
    // Nobody looks at it meanwhile, and it need not have room for as many connections as the real one had.
    hot_standby: 'off',
    ...targetSetting(target),
  };
}

function targetSetting(target: RecoveryTarget): Record<string, string> {
  switch (target.kind) {
    case 'time':
      // Settings are read before the names of time zones, and Z is one.
      return { recovery_target_time: target.time.replace(/Z$/, '+00') };
    case 'lsn':
      return { recovery_target_lsn: target.lsn };
    case 'name':
      return { recovery_target_name: target.name };
    case 'end':
      return {};
  }
}
