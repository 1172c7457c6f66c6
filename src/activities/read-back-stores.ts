import { Context } from '@temporalio/activity';
import { z } from 'zod';
import { verificationKey } from '../model/keys.js';
import { damagedObject, type ReadBackSummary, type VerificationPlan } from '../model/verification.js';
import { readReadBack } from '../verification/read-back-records.js';
import { readBack } from '../verification/read-back.js';
import type { ReadBackState } from '../verification/read-back-turns.js';
import type { Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';

/** Longer than the stores' own time-outs. */
const STALL_SECONDS = 600;

/** What the heartbeat of an earlier try says of how far it came. */
const heartbeat = z.object({
  after: z.record(z.string(), z.object({ turn: z.number(), key: z.string() })),
  damaged: z.array(damagedObject),
});

/**
 * Reads a day's share of the stores back and stores the record of that. Goes on where an earlier try stopped; what has a
 * record already was read.
 */
export async function readBackStores(
  { logger, stores }: Dependencies,
  plan: VerificationPlan & { readBackDays: number },
): Promise<ReadBackSummary> {
  const before = heartbeat.safeParse(Context.current().info.heartbeatDetails).data;
  const state: ReadBackState = before ?? { after: {}, damaged: [] };
  return runStep(logger, { stallSeconds: STALL_SECONDS, details: () => state }, async (step) => {
    const [primary] = stores;
    const { server, id } = plan;
    const done = await readReadBack(primary, server, id, step.signal);
    if (done) return done.summary;
    const record = await readBack(stores, plan, state, step);
    const document = Buffer.from(`${JSON.stringify(record)}\n`);
    await primary.putDocument(verificationKey(server, id, 'readBack'), document, step.signal);
    return record.summary;
  });
}
