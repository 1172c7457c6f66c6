import { z } from 'zod';
import { configurationSchema } from '../config/schema.js';
import { workflowContracts } from '../model/workflow-contracts.js';

/**
 * JSON Schemas by name: `backups` for `backups.yaml` as a person writes it, and for every workflow type
 * `<type>.argument` and `<type>.result`. Made from what validates, so they cannot say anything else. A result may
 * have more fields in a later version; an argument with more is refused.
 */
export const jsonSchemas: Readonly<Record<string, object>> = {
  backups: describe('backups.yaml of TempoNest Backups', configurationSchema),
  ...Object.fromEntries(
    Object.entries(workflowContracts).flatMap(([type, { argument, result }]) => [
      [`${type}.argument`, describe(`Argument of ${type}`, argument)],
      [`${type}.result`, describe(`Result of ${type}`, result)],
    ]),
  ),
};

function describe(title: string, schema: z.ZodType): object {
  return { title, ...z.toJSONSchema(schema, { io: 'input' }) };
}
