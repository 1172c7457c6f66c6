import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { nameOfStore, storeConfiguration } from '../model/store-configuration.js';
import { scheduleConfiguration } from '../model/schedule-configuration.js';
import { nameOfChannel, notification, webhook } from './channels.js';
import { file } from './file.js';
import { duration } from './duration.js';
import { environment, retention } from './retention.js';

/** @see https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS (NAMEDATALEN) */
const name = z
  .string()
  .min(1)
  .max(63)
  .refine((text) => Buffer.byteLength(text) <= 63, 'expected 63 bytes of UTF-8 at most')
  .refine((text) => !text.includes('\0'), 'must hold no NUL');

/** Refuses a list in which two entries have the same name: everything that is kept is kept by name. */
function refuseTwins<T>(nameOf: (entry: T, index: number) => string, ...field: string[]) {
  return (entries: T[], context: z.RefinementCtx) => {
    const seen = new Set<string>();
    entries.forEach((entry, index) => {
      const entryName = nameOf(entry, index);
      if (seen.has(entryName))
        context.addIssue({
          code: 'custom',
          path: [index, ...field],
          message: `"${entryName}" is there twice`,
        });
      seen.add(entryName);
    });
  };
}

/** How a database is dumped; each key may stand with a server, and with a database to override it. */
const dumpOptions = {
  jobs: z.int().min(1).max(64).optional().describe('pg_dump workers (default 2)'),
  lockWaitTimeout: duration.optional().describe('how long pg_dump waits for a table lock (default 60s)'),
  excludeTables: z.array(z.string()).optional().describe('patterns for pg_dump --exclude-table'),
  excludeTableData: z.array(z.string()).optional().describe('patterns for pg_dump --exclude-table-data'),
  nice: z.int().min(0).max(19).optional().describe('niceness of pg_dump and the compressor (default 0)'),
};

const database = z.union([
  name.transform((text) => ({ name: text })),
  z.strictObject({ name, environment: environment.optional(), ...dumpOptions }),
]);

/** How the server's write-ahead log is archived, for recovery to any moment. */
const wal = z
  .strictObject({
    source: z
      .enum(['stream', 'archive'])
      .default('stream')
      .describe('stream: over a replication connection; archive: the server puts it into directory'),
    slot: z
      .string()
      .regex(/^[a-z0-9_]{1,63}$/, 'expected lower-case letters, digits and underscores')
      .default('temponest_backups')
      .describe('stream: the replication slot that keeps WAL on the server until it is in the primary store'),
    maxAge: duration.prefault('60s').describe('stream: a segment with activity that is older is forced out'),
    directory: file
      .optional()
      .describe('archive: the volume that archive_command writes to, as this worker sees it'),
  })
  .refine(({ source, directory }) => (source === 'archive') === (directory !== undefined), {
    path: ['directory'],
    message: 'is needed with source archive, and only there',
  });

const server = z
  .strictObject({
    name: name.describe('what keys, metrics and workflow arguments call it'),
    host: z.string().min(1).describe('name or address, as the workers reach it'),
    port: z.int().min(1).max(65535).default(5432),
    user: z
      .string()
      .min(1)
      .describe(
        'needs pg_read_all_data and pg_monitor; a superuser for globals, large objects, subscriptions and user mappings',
      ),
    passwordFile: file.optional().describe('a file that holds the password and nothing else'),
    sslmode: z
      .enum(['disable', 'require', 'verify-full'])
      .default('disable')
      .describe('only verify-full proves that it is this server'),
    sslRootCert: file.optional().describe('the certificate authority of verify-full'),
    maintenanceDatabase: name.default('postgres').describe('connected to for what belongs to no database'),
    databases: z
      .array(database)
      .min(1)
      .superRefine(refuseTwins((entry) => entry.name))
      .optional()
      .describe('left out: every database but the templates'),
    globals: z.boolean().default(true).describe('also back up roles, memberships and tablespaces'),
    checks: z
      .record(name, z.array(z.string().min(1)).min(1))
      .default({})
      .describe('per database: SQL that must answer true in a drill, e.g. SELECT count(*) > 0 FROM agents'),
    concurrency: z.int().min(1).max(64).default(2).describe('databases in flight at once'),
    environment: environment.optional(),
    wal: wal
      .optional()
      .describe(
        'left out: no WAL is archived, and nothing between two backups can be recovered; user needs REPLICATION',
      ),
    heartbeat: webhook
      .optional()
      .describe(
        'a URL that is asked after each successful backup of everything, for a dead man’s switch outside',
      ),
    ...dumpOptions,
  })
  .refine(({ sslmode, sslRootCert }) => sslmode !== 'verify-full' || sslRootCert !== undefined, {
    path: ['sslmode'],
    message: 'verify-full needs sslRootCert: pg_dump knows no other certificate authority',
  });

const compression = z
  .strictObject({
    method: z.enum(['zstd', 'gzip']).default('zstd'),
    level: z.int().min(1).max(19).optional().describe('the codec’s own level (default: zstd 1, gzip 6)'),
  })
  .refine(({ method, level = 1 }) => method !== 'gzip' || level <= 9, {
    path: ['level'],
    message: 'gzip has levels 1 to 9',
  });

const encryption = z.discriminatedUnion('method', [
  z.strictObject({
    method: z.literal('gpg'),
    recipients: z
      .array(z.string().min(1))
      .min(1)
      .describe('fingerprints, or e-mail addresses of exactly one key'),
    publicKeysFile: file.describe('the recipients’ exported public keys'),
  }),
  z.strictObject({ method: z.literal('none') }),
]);

/** A step that puts a recovered server in the place of the lost one. */
const cutoverStep = z
  .strictObject({
    step: z.string().min(1).max(100).describe('what it does, for people: redirect traffic, update DNS'),
    command: z
      .tuple([file], z.string())
      .optional()
      .describe(
        'a program and its arguments, run on the restore worker with RECOVERED_SERVER, RECOVERED_TO, and RECOVERED_DIRECTORY or RECOVERED_INTO_SERVER',
      ),
    webhook: webhook.optional().describe('a URL that is posted the same facts, as JSON'),
  })
  .refine(
    ({ command, webhook: url }) => (command === undefined) !== (url === undefined),
    'give command or webhook',
  );

const restore = z
  .strictObject({
    privateKeysFile: file
      .optional()
      .describe('the recipients’ exported private keys; only workers with the role restore need them'),
    passphraseFile: file.optional().describe('the passphrase of those keys, where they have one'),
    jobs: z.int().min(1).max(64).default(2).describe('pg_restore workers'),
    cutover: z
      .array(cutoverStep)
      .default([])
      .describe('what recoverServer does once a lost server is recovered, in this order'),
  })
  .refine(({ privateKeysFile, passphraseFile }) => privateKeysFile !== undefined || !passphraseFile, {
    path: ['passphraseFile'],
    message: 'is needed only beside privateKeysFile',
  });

const approvalTimeout = duration.prefault('24h').describe('how long an answer is waited for');
const approvals = z.discriminatedUnion('provider', [
  z.strictObject({
    provider: z.literal('temponest'),
    url: z
      .url({ protocol: /^https?$/ })
      .describe('TempoNest’s approval service, e.g. http://approval-ui:9001'),
    tokenFile: file.describe('a bearer token with workflows:create and approvals:read'),
    timeout: approvalTimeout,
  }),
  z.strictObject({
    provider: z.literal('signal'),
    approvers: z.array(z.string().min(1)).min(2).describe('who may approve; the signal alone decides'),
    timeout: approvalTimeout,
  }),
  z.strictObject({ provider: z.literal('none') }),
]);

/** What lies in staging is deleted without asking when the machine was restarted: no store may be in there, or around it. */
function keepStoresOutOfStaging(
  { staging, stores }: { staging: { directory: string }; stores: { url: string }[] },
  context: z.RefinementCtx,
): void {
  const contains = (outer: string, inner: string) => !relative(outer, inner).startsWith('..');
  stores.forEach(({ url }, index) => {
    if (!url.startsWith('file:')) return;
    const directory = fileURLToPath(url);
    if (contains(staging.directory, directory) || contains(directory, staging.directory))
      context.addIssue({
        code: 'custom',
        path: ['stores', index, 'url'],
        message: 'lies in staging.directory, or around it; give it a place of its own',
      });
  });
}

/** `backups.yaml`. */
export const configurationSchema = z
  .strictObject({
    staging: z.strictObject({
      directory: file.describe(
        'a local volume with room for the dump and the archive of the databases in flight',
      ),
    }),
    servers: z
      .array(server)
      .min(1)
      .superRefine(refuseTwins((entry) => entry.name, 'name')),
    compression: compression.prefault({}),
    encryption,
    stores: z
      .array(storeConfiguration)
      .min(1)
      .superRefine(refuseTwins(nameOfStore, 'name'))
      .describe(
        'the first is the primary, where backups go; the others are replicas, to which everything is copied',
      ),
    retention: retention.prefault({}),
    schedules: z.record(z.string().regex(/^[a-z0-9-]+$/), scheduleConfiguration).default({}),
    verify: z
      .strictObject({
        readBackDays: z
          .int()
          .min(1)
          .max(365)
          .default(30)
          .describe('everything in every store is read whole and compared within so many days'),
      })
      .prefault({}),
    restore: restore.prefault({}),
    approvals: approvals
      .optional()
      .describe(
        'who must agree before a live database is replaced, or a recovered server is handed over; left out, neither is ever done',
      ),
    notifications: z.array(notification).superRefine(refuseTwins(nameOfChannel, 'name')).default([]),
    programDirectories: z.array(file).default([]).describe('searched for programs before PATH'),
    worker: z
      .strictObject({
        address: z.string().default('0.0.0.0').describe('where /metrics, /health and /ready listen'),
        port: z.int().min(0).max(65535).default(9090),
        heartbeatTimeout: duration
          .refine((seconds) => seconds > 0, 'expected at least 1s')
          .prefault('30s')
          .describe('how soon a worker that died is noticed'),
        shutdownGrace: duration.prefault('30s').describe('how long running steps may go on after SIGTERM'),
        logLevel: z
          .enum(['debug', 'info', 'warn', 'error'])
          .default('info')
          .describe('to standard error, as JSON'),
      })
      .prefault({}),
  })
  .superRefine(keepStoresOutOfStaging);

export type Configuration = z.infer<typeof configurationSchema>;
export type ServerConfiguration = Configuration['servers'][number];
export type DatabaseConfiguration = NonNullable<ServerConfiguration['databases']>[number];
