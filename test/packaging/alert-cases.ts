const DAY = 86_400;
const app = 'server="main",database="app",kind="database"';
const labelsOfApp = { server: 'main', database: 'app', kind: 'database' };
const main = { server: 'main' };

/** When an alert fires and when it does not. Time begins at 1970, so a timestamp below zero is that long ago. */
export interface AlertCase {
  alert: string;
  /** In promtool's notation, a sample a minute. */
  series: Record<string, string>;
  /** From when to when, in minutes; before and after, the alert does not fire. */
  fires: { after: number; at: number; over: number };
  /** Of the alerts that fire, beside `alertname` and `severity`. */
  labels: Record<string, string>[];
}

/** A gauge that is bad from one minute to another. */
const spell = (good: number, bad: number, from: number, to: number) =>
  `${good}x${from - 1} ${bad}x${to - from - 1} ${good}x60`;

/** A gauge that is bad for an hour, and fires after so many minutes of it. */
const simple = (
  alert: string,
  metric: string,
  [good, bad]: [number, number],
  labels: Record<string, string>,
  wait = 0,
): AlertCase => ({
  alert,
  series: { [metric]: spell(good, bad, 10, 70) },
  fires: { after: 10 + wait - 1, at: 10 + wait + 1, over: 71 },
  labels: [labels],
});

/** A moment whose age passes a limit in the tenth minute, and that is put right in the sixtieth. */
const ages = (seconds: number) => `${-seconds + 600}x59 3600x60`;

/** One case at least for each alert. */
export const alertCases: AlertCase[] = [
  {
    alert: 'BackupOverdue',
    series: {
      [`backup_expected{${app}}`]: '1x150',
      [`backup_last_success_timestamp{${app},instance="a"}`]: ages(25 * 3600),
      // A worker that cannot read the store any more knows of older backups only.
      [`backup_last_success_timestamp{${app},instance="b"}`]: `${-9 * DAY}x150`,
      // What is no longer backed up is not overdue.
      'backup_last_success_timestamp{server="main",database="gone",kind="database"}': `${-9 * DAY}x150`,
    },
    fires: { after: 10, at: 11, over: 61 },
    labels: [labelsOfApp],
  },
  {
    alert: 'BackupMissing',
    series: {
      [`backup_expected{${app}}`]: '1x1700',
      'backup_expected{server="main",database="",kind="wal"}': '1x1700',
      [`backup_last_success_timestamp{${app}}`]: '_x1560 93600x140',
    },
    fires: { after: 1499, at: 1502, over: 1565 },
    labels: [labelsOfApp],
  },
  {
    alert: 'BackupVanished',
    series: {
      [`backup_expected{${app}}`]: '1x150',
      [`backup_last_success_timestamp{${app}}`]: '0x30 _x60 5400x60',
    },
    fires: { after: 35, at: 43, over: 95 },
    labels: [labelsOfApp],
  },
  {
    alert: 'BackupRunFailed',
    series: {
      'backup_failures_total{workflow="backupDatabase",server="main",database="app"}': '0x10 1x150',
      'backup_failures_total{workflow="restoreDatabase",server="main",database=""}': '0x10 1x150',
    },
    fires: { after: 10, at: 12, over: 75 },
    labels: [{ workflow: 'backupDatabase', server: 'main', database: 'app' }],
  },
  {
    alert: 'BackupSizeChanged',
    series: {
      [`backup_size_change_ratio{${app}}`]: spell(0.4, 0.6, 10, 70),
      [`backup_size_bytes{${app}}`]: '2000000x150',
      // Of a small database, half and double mean nothing.
      'backup_size_change_ratio{server="main",database="tiny",kind="database"}': '2x150',
      'backup_size_bytes{server="main",database="tiny",kind="database"}': '3000x150',
    },
    fires: { after: 9, at: 11, over: 71 },
    labels: [labelsOfApp],
  },
  {
    alert: 'BackupSizeChanged',
    series: {
      [`backup_size_change_ratio{${app}}`]: spell(-0.4, -0.99, 10, 70),
      // It was large once.
      [`backup_size_bytes{${app}}`]: spell(5_000_000, 50_000, 10, 70),
    },
    fires: { after: 9, at: 11, over: 71 },
    labels: [labelsOfApp],
  },
  simple(
    'BackupStorageFull',
    'backup_storage_used_ratio{instance="a",volume="staging"}',
    [0.8, 0.81],
    { instance: 'a', volume: 'staging' },
    5,
  ),
  {
    alert: 'BackupNotProven',
    series: {
      [`backup_expected{${app}}`]: '1x1600',
      'backup_expected{server="main",database="new",kind="database"}': '1x1600',
      [`backup_proven_timestamp{${app}}`]: `${-40 * DAY + 600}x1500 ${1500 * 60}x100`,
      'backup_proven_timestamp{server="main",database="new",kind="database"}': '0x1600',
    },
    fires: { after: 1449, at: 1452, over: 1502 },
    labels: [labelsOfApp],
  },
  {
    alert: 'RestoreDrillFailed',
    series: {
      'restore_drill_last_run_timestamp{server="main",drill="restore",store="s3"}': '-60x9 600x49 3600x60',
      'restore_drill_last_success_timestamp{server="main",drill="restore",store="s3"}': '-60x59 3600x60',
    },
    fires: { after: 9, at: 11, over: 61 },
    labels: [{ server: 'main', drill: 'restore', store: 's3' }],
  },
  {
    alert: 'DisasterDrillOverdue',
    series: {
      'backup_expected{server="main",database="",kind="wal"}': '1x1600',
      'restore_drill_last_success_timestamp{server="main",drill="disaster",store="s3"}': `${-100 * DAY + 600}x1500 ${1500 * 60}x100`,
    },
    fires: { after: 1449, at: 1452, over: 1502 },
    labels: [main],
  },
  {
    alert: 'BaseBackupOverdue',
    series: { 'base_backup_last_success_timestamp{server="main"}': ages(8 * DAY) },
    fires: { after: 10, at: 11, over: 61 },
    labels: [main],
  },
  {
    alert: 'BaseBackupMissing',
    series: {
      'backup_expected{server="main",database="",kind="base"}': '1x200',
      'base_backup_last_success_timestamp{server="main"}': '_x100 6000x60',
    },
    fires: { after: 59, at: 62, over: 105 },
    labels: [main],
  },
  simple('WalArchiveLagging', 'wal_archive_lag_seconds{server="main"}', [900, 901], main, 2),
  {
    alert: 'WalArchiveLagUnknown',
    series: {
      'backup_expected{server="main",database="",kind="wal"}': '1x200',
      'wal_archive_lag_seconds{server="main"}': '_x100 0x60',
    },
    fires: { after: 14, at: 17, over: 105 },
    labels: [main],
  },
  simple('WalArchiverStopped', 'wal_archiver_running{server="main"}', [1, 0], main, 5),
  simple('WalGap', 'wal_gap_segments{server="main",state="open"}', [0, 3], main),
  simple(
    'BackupReplicaLagging',
    'backup_replica_lag_seconds{server="main",store="far"}',
    [6 * 3600, 6 * 3600 + 1],
    { server: 'main', store: 'far' },
    5,
  ),
  simple(
    'BackupReplicaDifferent',
    'backup_replica_different_objects{server="main",store="far"}',
    [0, 1],
    { server: 'main', store: 'far' },
    5,
  ),
  {
    alert: 'BackupKeyExpiring',
    series: { 'backup_key_expiry_timestamp{fingerprint="F"}': `${30 * DAY + 600}x59 ${90 * DAY}x60` },
    fires: { after: 10, at: 11, over: 61 },
    labels: [{ fingerprint: 'F' }],
  },
  simple('BackupEncryptionUnusable', 'backup_encryption_usable{method="gpg"}', [1, 0], { method: 'gpg' }, 5),
  simple(
    'BackupScheduleNotRunning',
    'backup_schedule_ok{schedule="nightly",workflow="backupDatabases"}',
    [1, 0],
    { schedule: 'nightly' },
    10,
  ),
  {
    alert: 'BackupScheduleSkipping',
    series: {
      'backup_schedule_skipped_runs{schedule="nightly",workflow="backupDatabases",reason="overlap"}':
        '0x10 1x1600',
      // It runs without end, and its schedule only starts it again.
      'backup_schedule_skipped_runs{schedule="wal",workflow="archiveWal",reason="overlap"}': '0+1x1600',
    },
    fires: { after: 10, at: 12, over: 1455 },
    labels: [{ schedule: 'nightly', reason: 'overlap' }],
  },
  simple('BackupFindingsCritical', 'backup_findings{server="main",severity="critical"}', [0, 2], main),
  {
    alert: 'BackupVerificationOverdue',
    series: { 'backup_verified_timestamp{server="main"}': ages(2 * DAY) },
    fires: { after: 10, at: 11, over: 61 },
    labels: [main],
  },
  {
    alert: 'BackupVerificationMissing',
    series: {
      [`backup_expected{${app}}`]: '1x3100',
      'backup_expected{server="verified",database="app",kind="database"}': '1x3100',
      'backup_verified_timestamp{server="main"}': '_x3000 180000x100',
      'backup_verified_timestamp{server="verified"}': '0x3100',
    },
    fires: { after: 2879, at: 2882, over: 3005 },
    labels: [main],
  },
  simple(
    'BackupCatalogueUnreadable',
    'backup_catalogue_unreadable{server="main",reason="manifest"}',
    [0, 1],
    { server: 'main', reason: 'manifest' },
    10,
  ),
  simple('BackupCatalogueUnreadable', 'base_backup_unreadable{server="main"}', [0, 1], main, 10),
  {
    alert: 'BackupNotificationsFailing',
    series: { 'backup_failures_total{workflow="notifyChannels",server="",database=""}': '0x10 1x1600' },
    fires: { after: 10, at: 12, over: 1455 },
    labels: [{}],
  },
  {
    alert: 'BackupMetricsStale',
    series: { 'backup_metrics_refreshed_timestamp{part="wal"}': '0x59 3600x60' },
    fires: { after: 30, at: 32, over: 61 },
    labels: [{ part: 'wal' }],
  },
  {
    alert: 'BackupMetricsAbsent',
    series: { [`backup_expected{${app}}`]: '1x10 _x50 1x60' },
    fires: { after: 15, at: 22, over: 62 },
    labels: [{}],
  },
  simple(
    'BackupWorkerDown',
    'up{job="temponest-backups",instance="a"}',
    [1, 0],
    { job: 'temponest-backups', instance: 'a' },
    3,
  ),
];
