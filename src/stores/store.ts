import type { Readable } from 'node:stream';
import type { LifecycleRule } from '../model/lifecycle.js';

/** Where and how far a transfer is; reports the bytes that are durable in the store, those of an earlier try included. */
export interface TransferOptions {
  /** Ends the transfer. What was sent of it stays, for a later {@link Store.putFile} of the same key to go on from. */
  signal: AbortSignal;
  onProgress: (bytesDone: number) => void;
}

/** An object as the store holds it. */
export interface StoredObject {
  key: string;
  bytes: number;
  modifiedAt: Date;
}

/** A {@link StoredObject} with what only a question about itself tells. */
export interface StoredObjectDetails extends StoredObject {
  /** Until when the store itself refuses to delete it. */
  lockedUntil?: Date;
}

/** How a store keeps its objects from being deleted or replaced, by anybody. */
export interface ObjectLock {
  /** `governance`: with a permission of its own it can be taken away; `compliance`: never. */
  mode: 'governance' | 'compliance';
  /** Until when an object that is written now is locked; undefined for one that is not. */
  untilOf: (key: string) => Date | undefined;
}

/** A file to be stored, with what was computed when it was made. */
export interface SourceFile {
  path: string;
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
}

/** An object of another store that is to be copied, with what was noted of it when it was made. */
export interface SourceObject {
  key: string;
  store: Pick<Store, 'name' | 'openRead'>;
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
}

/** What can be stored. */
export type Source = SourceFile | SourceObject;

/** What a stored file is held to by {@link Store.verify}. Plain JSON: it goes from the upload to the verification, and into the manifest. */
export interface StoreReceipt {
  bytes: number;
  /** SHA-256 of the whole object, lower-case hex. */
  sha256: string;
  /**
   * How the store itself writes the checksum that it computed from the bytes it received. S3: base64 of the SHA-256 of
   * the object, or of its parts' SHA-256s followed by `-` and their number. Absent where the store computes none.
   */
  checksum?: string;
}

/** An upload that was begun and neither completed nor aborted. */
export interface UnfinishedUpload {
  key: string;
  startedAt: Date;
}

/** Rules as the provider writes them, by the prefix in the bucket that they are for. */
export type ProviderRules = Record<string, unknown>;

/** The provider's own rules for what is below a store's prefix; all others in the bucket are left alone. */
export interface BucketLifecycle {
  /** Rules as the provider is told them. */
  render(rules: readonly LifecycleRule[]): ProviderRules;
  /** Those of ours that are there. */
  read(signal: AbortSignal): Promise<ProviderRules>;
  /** Puts these in the place of ours that are there. */
  write(rules: readonly LifecycleRule[], signal: AbortSignal): Promise<void>;
}

/** Where the provider takes rules only from who administers the account: the document for them. */
export interface AccountLifecycle {
  document(rules: readonly LifecycleRule[]): object;
}

/**
 * A place where artifacts are kept. Keys are relative to the store's own prefix.
 *
 * Nothing in a store is ever rewritten: both `put` methods refuse an existing key with other content. So, where a store
 * that locks keeps the versions of an object, the oldest is the genuine one: it alone is listed and read, whatever was
 * written over it or put in front of it later. All errors are `OperationError`s of a `Store…` type (or `ArtifactDamaged`),
 * and an aborted signal rejects with its own reason.
 */
export interface Store {
  /** The name it has in the configuration. */
  readonly name: string;
  /** Its URL, without credentials. */
  readonly url: string;
  /** Absent where there is no provider. */
  readonly lifecycle?: BucketLifecycle | AccountLifecycle;

  /**
   * Proves that the store can be reached, that the credentials are good and that it can lock where it is to, without
   * writing anything.
   */
  check(signal: AbortSignal): Promise<void>;

  /**
   * Stores a file, or a copy of another store's object, going on where an earlier interrupted call for the same key
   * stopped, from whichever source. Idempotent: a key that already holds this content is success. The object appears under
   * its key only when it is whole and durable.
   *
   * @throws OperationError `ArtifactDamaged` when the source no longer has the digest it was made with
   * @throws OperationError `StoreConflict` when the key holds something else
   */
  putFile(key: string, file: Source, options: TransferOptions): Promise<StoreReceipt>;

  /** Stores a small document; success also when the key already holds exactly these bytes, else `StoreConflict`. */
  putDocument(key: string, content: Buffer, signal: AbortSignal): Promise<void>;

  /**
   * Proves that what the store holds is what was made: its size, and the checksum that the store computed when it
   * received the content against the receipt's. Where the store reports none, or the receipt has none, the object is
   * read back whole and hashed; so a receipt of `bytes` and `sha256` alone asks for exactly that.
   *
   * @throws OperationError `ArtifactDamaged` when it is missing, shorter or different
   */
  verify(key: string, receipt: StoreReceipt, options: TransferOptions): Promise<void>;

  /** The content of a small document, or undefined when there is none. */
  getDocument(key: string, signal: AbortSignal): Promise<Buffer | undefined>;

  /**
   * The object's content as a stream, from byte `start` on (empty when there is none left). Rejects with
   * `StoreNotFound` when there is no such object.
   */
  openRead(key: string, signal: AbortSignal, start?: number): Promise<Readable>;

  /** What the store knows of an object, or undefined when there is none. */
  describe(key: string, signal: AbortSignal): Promise<StoredObjectDetails | undefined>;

  /** All objects whose key starts with `prefix` (which ends in a slash), in the order of their keys. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<StoredObject>;

  /** Deletes an object with all its versions; success when it does not exist. */
  delete(key: string, signal: AbortSignal): Promise<void>;

  /** Uploads below `prefix` that were begun and never finished. */
  listUnfinished(prefix: string, signal: AbortSignal): AsyncIterable<UnfinishedUpload>;

  /** Gives up an unfinished upload of `key` and frees what it holds; success when there is none. */
  abortUnfinished(key: string, signal: AbortSignal): Promise<void>;
}
