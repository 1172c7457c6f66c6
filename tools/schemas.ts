// `npm run schemas`: writes every JSON Schema under schemas/ anew.
import { writeFile } from 'node:fs/promises';
import { jsonSchemas } from '../src/client/json-schemas.js';

for (const [name, schema] of Object.entries(jsonSchemas))
  await writeFile(`schemas/${name}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`);
