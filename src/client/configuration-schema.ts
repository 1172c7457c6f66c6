import { z } from 'zod';
import { configurationSchema } from '../config/schema.js';

/** The JSON Schema of `backups.yaml` as a person writes it, for editors. */
export function describeConfiguration(): object {
  const schema = z.toJSONSchema(configurationSchema, { io: 'input' });
  return { title: 'backups.yaml of TempoNest Backups', ...schema };
}
