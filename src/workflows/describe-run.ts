import { z } from 'zod';

/** Longer than that is no name, and a message is one line. */
const name = z
  .string()
  .min(1)
  .max(63)
  .regex(/^\P{C}+$/u)
  .optional()
  .catch(undefined);
const facts = z
  .object({ server: name, database: name, store: name, dryRun: z.boolean().optional().catch(undefined) })
  .catch({});

/** What an argument says its run is of, though it may be nonsense otherwise: it need not have been checked. */
export function readFacts(argument: unknown): z.infer<typeof facts> {
  return facts.parse(argument);
}

/**
 * What a run does, for people: `The restore of agentic on server main`, or as much of it as the argument says.
 *
 * @param what - what a run of its type does, e.g. `The restore`
 * @param argument - as it came, whatever it is
 */
export function describeRun(what: string, argument: unknown): string {
  const { server, database, store } = readFacts(argument);
  const subject = database ?? (server === undefined ? undefined : `server ${server}`);
  return [
    what,
    ...(subject === undefined ? [] : [`of ${subject}`]),
    ...(database === undefined || server === undefined ? [] : [`on server ${server}`]),
    ...(store === undefined ? [] : [`to store ${store}`]),
  ].join(' ');
}
