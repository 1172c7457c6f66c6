import { z } from 'zod';

/** Where a recovery stops. `end`: at the end of the archive. */
export const recoveryTarget = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('time'),
    time: z.string().describe('ISO 8601, UTC: what was committed later is not there'),
  }),
  z.object({ kind: z.literal('lsn'), lsn: z.string() }),
  z.object({ kind: z.literal('name'), name: z.string() }),
  z.object({ kind: z.literal('end') }),
]);

export type RecoveryTarget = z.infer<typeof recoveryTarget>;

/** A target in words, as the end of "recovers to …". */
export function describeTarget(target: RecoveryTarget): string {
  switch (target.kind) {
    case 'time':
      return target.time;
    case 'lsn':
      return `LSN ${target.lsn}`;
    case 'name':
      return `restore point "${target.name}"`;
    case 'end':
      return 'the end of the archived WAL';
  }
}
