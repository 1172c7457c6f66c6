import { z } from 'zod';
import { inventory } from './inventory.js';
import { OperationError } from './failures.js';

/** The format this version writes, and the newest one it reads. Unknown fields of the same major are ignored. */
export const MANIFEST_FORMAT = '1.0';

const seconds = z.number().nonnegative();

/** Of a database, or of a role in it: `name=value`. */
const databaseSetting = z.object({ role: z.string().nullable(), setting: z.string() });

/** What {@link manifest} says of the one file that holds the backup. */
export const artifact = z.object({
  key: z.string(),
  bytes: z.int().positive(),
  /** SHA-256 of the whole artifact as stored, lower-case hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  codec: z.enum(['zstd', 'gzip']),
  encryption: z.discriminatedUnion('method', [
    z.object({ method: z.literal('gpg'), keyFingerprints: z.array(z.string()).min(1) }),
    z.object({ method: z.literal('none') }),
  ]),
});

const common = {
  format: z.string(),
  id: z.string(),
  server: z.string(),
  /** `pg_control_system().system_identifier`: which cluster this was, whatever its name. */
  systemIdentifier: z.string(),
  /** `server_version_num`, e.g. 160014. */
  serverVersion: z.int(),
  snapshotTime: z.iso.datetime(),
  snapshotLsn: z.string(),
  artifact,
  /** Until when the primary store had promised, when it was committed, to refuse deleting the artifact. Absent without a lock. */
  lockedUntil: z.string().optional(),
  tools: z.record(z.string(), z.string()),
  secondsPerStep: z.record(z.string(), seconds),
  workflowId: z.string(),
  runId: z.string(),
};

const databaseManifest = z.object({
  ...common,
  kind: z.literal('database'),
  database: z.string(),
  encoding: z.string(),
  collation: z.string(),
  characterType: z.string(),
  localeProvider: z.enum(['libc', 'icu', 'builtin']),
  locale: z.string().nullable(),
  icuRules: z.string().nullable().optional(),
  owner: z.string(),
  /** Where the database is, and all tablespaces that it uses beside the server's own. Not in the oldest manifests. */
  tablespace: z.string().optional(),
  tablespaces: z.array(z.string()).optional(),
  comment: z.string().nullable().optional(),
  connectionLimit: z.int(),
  /** The database's ACL as PostgreSQL prints it (`aclitem`), or null for the default. */
  privileges: z.array(z.string()).nullable(),
  /**
   * `ALTER DATABASE … SET` and `ALTER ROLE … IN DATABASE … SET`. Only in old manifests: some keep passwords in such, so
   * that they are in the artifact now, see `keepSettings`.
   */
  settings: z.array(databaseSetting).optional(),
  inventory,
  /** What pg_dump warned of: above all, what it left out for lack of privileges. Absent when it did not. */
  warnings: z.array(z.string()).optional(),
});

const globalsManifest = z.object({
  ...common,
  kind: z.literal('globals'),
  roles: z.array(z.string()),
  tablespaces: z.array(z.object({ name: z.string(), location: z.string() })),
});

/** The document that describes a backup. Written last: a backup exists if and only if its manifest does. */
export const manifest = z.discriminatedUnion('kind', [databaseManifest, globalsManifest]);

export type DatabaseSetting = z.infer<typeof databaseSetting>;
export type Artifact = z.infer<typeof artifact>;
export type DatabaseManifest = z.infer<typeof databaseManifest>;
export type GlobalsManifest = z.infer<typeof globalsManifest>;
export type Manifest = z.infer<typeof manifest>;

/**
 * Reads a manifest.
 *
 * @param text - the object's content
 * @param key - where it was found, for the message
 * @throws OperationError `ManifestUnreadable` when it is not one, or of a newer major format
 */
export function parseManifest(text: string, key: string): Manifest {
  return readDocument(manifest, text, key, 'a manifest');
}

/**
 * Reads one of the versioned documents of a store.
 *
 * @param what - what it should be, for the message
 * @throws OperationError `ManifestUnreadable` when it is none, or of a newer major format
 */
export function readDocument<T>(schema: z.ZodType<T>, text: string, key: string, what: string): T {
  const unreadable = (fault: string, options?: ErrorOptions) =>
    new OperationError(
      'ManifestUnreadable',
      `${key} ${fault}; restore it from a copy of the store, or make a new backup.`,
      options,
    );
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw unreadable('is not JSON', { cause });
  }
  const format = z.object({ format: z.string() }).safeParse(document).data?.format;
  if (format && Number.parseInt(format) > Number.parseInt(MANIFEST_FORMAT))
    throw new OperationError(
      'ManifestUnreadable',
      `${key} has format ${format}, newer than ${MANIFEST_FORMAT}; upgrade TempoNest Backups to read it.`,
    );
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unreadable(`is not ${what}: ${issue!.path.join('.') || 'the whole'}: ${issue!.message}`);
}
