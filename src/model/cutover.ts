import { z } from 'zod';
import { recoveryResult, type RecoveryProgress } from './recovery.js';

/** A step of a cutover that was taken. */
const cutoverStep = z.object({ step: z.string(), seconds: z.number().nonnegative() });

export type CutoverStep = z.infer<typeof cutoverStep>;

/** What `recoverServer` answers. */
export const serverRecoveryResult = recoveryResult.extend({
  cutover: z.array(cutoverStep).describe('the configured steps that were taken, in their order'),
});

export type ServerRecoveryResult = z.infer<typeof serverRecoveryResult>;

/** Answer to the query `progress` of `recoverServer`. */
export interface ServerRecoveryProgress extends Omit<RecoveryProgress, 'step'> {
  step: RecoveryProgress['step'] | 'cutover';
  /** The step of the cutover that is being taken. */
  cutover?: string;
}

/** What a step of a cutover is told. Holds no secret. */
export interface CutoverFacts {
  /** Its place in backups.yaml, and its name there. */
  index: number;
  step: string;
  server: string;
  /** The recovered data directory, on the restore worker; absent when another server was filled. */
  directory?: string;
  /** The server that was filled, as backups.yaml calls it. */
  intoServer?: string;
  /** When the last transaction ended that is in it. */
  recoveredTo: string;
}
