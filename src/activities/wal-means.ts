import { withEncryption, type GpgRecipients } from '../archive/gpg.js';
import { OperationError } from '../model/failures.js';
import type { Encryption } from '../model/plan.js';
import type { WalPlan } from '../model/wal-plan.js';
import type { ShippingMeans } from '../wal/ship-file.js';
import { openSpool, type Spool } from '../wal/spool.js';
import { programDirectories, requireStore, type Dependencies } from './dependencies.js';

/** The keys that a plan says, in the file where the configuration has them; undefined where nothing is encrypted. */
export function keysOf({ configuration }: Dependencies, plan: Encryption): GpgRecipients | undefined {
  const { encryption } = configuration;
  if (plan.method === 'none') return undefined;
  if (encryption.method === 'gpg')
    return { recipients: plan.recipients, publicKeysFile: encryption.publicKeysFile };
  throw new OperationError(
    'InvalidConfiguration',
    'It was planned with GPG and backups.yaml says none now; start it again.',
  );
}

/** The spool of a plan's cluster, or of another one of its server, on this worker's volume. */
export function openPlannedSpool(
  { volume }: Dependencies,
  { server, segmentBytes, source, ...plan }: WalPlan,
  systemIdentifier = plan.systemIdentifier,
): Promise<Spool> {
  const received = source.kind === 'archive' ? source.directory : undefined;
  return openSpool(volume, { server, systemIdentifier }, segmentBytes, received);
}

/** Lends `use` what ships WAL as the plan says. */
export async function withShipping<T>(
  dependencies: Dependencies,
  plan: WalPlan,
  spool: Spool,
  signal: AbortSignal,
  use: (means: ShippingMeans) => Promise<T>,
): Promise<T> {
  const directories = programDirectories(dependencies);
  const { compression } = plan;
  const store = requireStore(dependencies, plan.primaryStore);
  const means = { store, compression, programDirectories: directories, signal };
  const keys = keysOf(dependencies, plan.encryption);
  if (!keys) return use(means);
  return withEncryption(keys, spool.outgoing, directories, { signal }, (encrypt) =>
    use({ ...means, encrypt }),
  );
}
