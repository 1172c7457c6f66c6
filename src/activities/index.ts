import { commit } from './commit.js';
import { compress } from './compress.js';
import type { Dependencies } from './dependencies.js';
import { discardUpload } from './discard-upload.js';
import { dump } from './dump.js';
import { encrypt } from './encrypt.js';
import { notify } from './notify.js';
import { planBackup } from './plan-backup.js';
import { planBackups } from './plan-backups.js';
import { prune } from './prune.js';
import { readBack } from './read-back.js';
import { releaseStaging } from './release-staging.js';
import { reserveStaging } from './reserve-staging.js';
import { upload } from './upload.js';
import { verify } from './verify.js';

const onAnyHost = { planBackup, planBackups, reserveStaging, discardUpload, prune, notify };
const onTheStagingHost = { dump, compress, readBack, encrypt, upload, verify, commit, releaseStaging };

/** A step without its dependencies, as workflows call it. */
type Bound<S> = {
  [K in keyof S]: S[K] extends (dependencies: Dependencies, ...args: infer A) => infer R
    ? (...args: A) => R
    : never;
};

/** All activities, as workflows see them. */
export type Activities = Bound<typeof onAnyHost & typeof onTheStagingHost>;

function bind<S extends Record<string, (dependencies: Dependencies, ...args: never[]) => unknown>>(
  steps: S,
  dependencies: Dependencies,
): Bound<S> {
  const bound = Object.entries(steps).map(([name, step]) => [name, step.bind(undefined, dependencies)]);
  return Object.fromEntries(bound) as Bound<S>;
}

/** The light activities, for the main queue. */
export function lightActivities(dependencies: Dependencies): Bound<typeof onAnyHost> {
  return bind(onAnyHost, dependencies);
}

/** The activities on files in staging, for the queue of this worker's volume. */
export function stagingActivities(dependencies: Dependencies): Bound<typeof onTheStagingHost> {
  return bind(onTheStagingHost, dependencies);
}
