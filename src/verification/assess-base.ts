import { listBaseObjects, readBaseManifest } from '../catalogue/base-backups.js';
import { OperationError } from '../model/failures.js';
import { isFromFuture } from '../model/retention.js';
import { wholeServer } from '../model/subject-names.js';
import type { Store } from '../stores/store.js';
import type { SubjectStatus } from './assess-subjects.js';

/** A base backup is due every week; a day more is what a slow one, or a night's trouble, may take. */
const FRESH_SECONDS = 8 * 86_400;

/** Judges a server's base backups by the newest one. */
export async function assessBase(
  store: Store,
  server: string,
  signal: AbortSignal,
  now = new Date(),
): Promise<SubjectStatus> {
  const { backups } = await listBaseObjects(store, server, signal);
  const newest = backups.findLast(({ time }) => !isFromFuture(time, now));
  if (!newest) return { ...wholeServer, state: 'critical' };
  const { cluster, id, time, artifacts } = newest;
  const fault = await readBaseManifest(store, cluster, id, signal).then(
    ({ artifact: { key, bytes } }) =>
      artifacts.some((object) => object.key === key && object.bytes === bytes)
        ? undefined
        : `${key} is not what was made; make a new base backup.`,
    (error: unknown) => {
      if (error instanceof OperationError && error.type === 'ManifestUnreadable') return error.message;
      throw error;
    },
  );
  const ageSeconds = (now.getTime() - time.getTime()) / 1000;
  const bytes = artifacts.reduce((sum, artifact) => sum + artifact.bytes, 0);
  return {
    ...wholeServer,
    state: ageSeconds <= FRESH_SECONDS && fault === undefined ? 'ok' : 'warning',
    backup: {
      ...{ id, time: time.toISOString(), ageSeconds, bytes },
      ...(fault === undefined ? {} : { fault }),
    },
  };
}
