import type { Client } from '@temporalio/client';
import type { AuditLedger } from '../audit/ledger.js';
import type { Environment } from '../config/environment.js';
import type { Configuration } from '../config/schema.js';
import { OperationError } from '../model/failures.js';
import type { Logger } from '../observability/logger.js';
import type { StagingVolume } from '../staging/volume.js';
import type { Store } from '../stores/store.js';

/** What activities work with; made once when the worker starts. */
export interface Dependencies {
  configuration: Configuration;
  environment: Pick<Environment, 'path' | 'passFile'>;
  volume: StagingVolume;
  /** The configured stores, the primary first. */
  stores: readonly [Store, ...Store[]];
  temporal: Client;
  /** Where it is written down what was done. */
  audit: AuditLedger;
  logger: Logger;
}

/** The stores that a plan reads, in their order; one that backups.yaml no longer has is left out. */
export function plannedStores(
  dependencies: Dependencies,
  plan: { store: string; fallbacks?: string[] | undefined },
): Store[] {
  const others = dependencies.stores.filter(({ name }) => plan.fallbacks?.includes(name));
  return [requireStore(dependencies, plan.store), ...others];
}

/** The part of a plan that says where it reads: the chosen store, and the others where none was asked for by name. */
export function planReading(
  { stores }: Dependencies,
  { store, passedOver }: { store: Store; passedOver: string[] },
  from: string | undefined,
): { store: string; fallbacks?: string[]; passedOver?: string[] } {
  const others = stores.filter((other) => other !== store).map(({ name }) => name);
  return {
    store: store.name,
    ...(from === undefined && others.length > 0 ? { fallbacks: others } : {}),
    ...(passedOver.length > 0 ? { passedOver } : {}),
  };
}

/** Where programs are looked for, first match wins. */
export function programDirectories({ configuration, environment }: Dependencies): string[] {
  return [...configuration.programDirectories, ...environment.path];
}

/** The part of a plan that says which stores get a copy: all but the primary. */
export function planReplicas({ stores }: Dependencies): { replicas?: string[] } {
  const replicas = stores.slice(1).map(({ name }) => name);
  return replicas.length > 0 ? { replicas } : {};
}

/**
 * The store of that name.
 *
 * @throws OperationError `InvalidConfiguration` when backups.yaml no longer has it
 */
export function requireStore({ stores }: Dependencies, name: string): Store {
  const store = stores.find((candidate) => candidate.name === name);
  if (store) return store;
  throw new OperationError(
    'InvalidConfiguration',
    `Store "${name}" is not configured on this worker; put it back into backups.yaml, or start again.`,
  );
}
