import { z } from 'zod';

/** Of a plan: the stores that what it needs is read from. */
export const readFrom = {
  store: z.string().describe('the store that is read'),
  fallbacks: z
    .array(z.string())
    .optional()
    .describe('the stores that are read where it is missing or damaged there; absent when one was asked for'),
  passedOver: z
    .array(z.string())
    .optional()
    .describe('why the stores before it could not give it, one sentence each'),
};
