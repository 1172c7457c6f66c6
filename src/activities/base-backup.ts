import { join } from 'node:path';
import { digestFile } from '../archive/digest-file.js';
import { artifactIn } from '../base/copy-cluster.js';
import { takeBaseBackup } from '../base/take-base-backup.js';
import { resolveAdministered } from '../config/connections.js';
import { resolveServer } from '../config/resolve.js';
import type { BasePlan, NeededWal } from '../model/base-plan.js';
import { OperationError } from '../model/failures.js';
import { writeJson } from '../staging/json-file.js';
import { completeStep } from '../staging/step.js';
import { programDirectories, requireStore, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';
import { locateBase, type StagedFile } from './staged-backup.js';

/** What `baseBackup` answers. */
export interface BaseBackupTaken {
  artifact: StagedFile;
  /** Bytes of data that the server sent. */
  dataBytes: number;
  wal: NeededWal;
  /** ISO 8601: the first moment that can be recovered from it. */
  stopTime: string;
  incrementalTo?: string;
}

/** The server's checkpoint, with which a base backup begins, may have much to write. */
const STALL_SECONDS = 900;

/** Takes the plan's base backup into staging. */
export async function baseBackup(dependencies: Dependencies, plan: BasePlan): Promise<BaseBackupTaken> {
  const { volume, logger } = dependencies;
  return runStep(logger, { bytesExpected: plan.expectedBytes, stallSeconds: STALL_SECONDS }, (step) =>
    completeStep(locateBase(volume, plan).directory, 'base-backup', async ({ directory, ledger }) => {
      const facts = await takeBaseBackup(
        plan,
        { ...(await resolveMeans(dependencies, plan)), directory },
        { ...step, ledger },
      );
      await writeJson(join(directory, 'facts.json'), facts);
      const { timeline, startLsn, stopLsn, stopTime, dataBytes, incrementalTo } = facts;
      return {
        artifact: await digestFile(artifactIn(directory), step.signal, step.onAlive),
        dataBytes,
        wal: { timeline, startLsn, stopLsn, segmentBytes: facts.walSegmentBytes },
        stopTime,
        ...(incrementalTo === undefined ? {} : { incrementalTo }),
      };
    }),
  );
}

async function resolveMeans(dependencies: Dependencies, plan: BasePlan) {
  const { configuration, environment } = dependencies;
  const { encryption } = configuration;
  if (plan.encryption.method !== encryption.method)
    throw new OperationError(
      'InvalidConfiguration',
      `The backup was planned with encryption ${plan.encryption.method} and backups.yaml says ${encryption.method} now; start the backup again.`,
    );
  const server = resolveServer(configuration, plan.subject.server);
  return {
    ...(await resolveAdministered(server, environment.passFile)),
    programDirectories: programDirectories(dependencies),
    store: requireStore(dependencies, plan.primaryStore),
    ...(plan.encryption.method === 'gpg' && encryption.method === 'gpg'
      ? { keys: { recipients: plan.encryption.recipients, publicKeysFile: encryption.publicKeysFile } }
      : {}),
  };
}
