import { join } from 'node:path';
import { execa } from 'execa';
import { cacheDirectory, makeOnce } from './cache.js';
import { goModuleDirectory, installWithGo } from './install-with-go.js';

const version = '1.24.2';

/** The Temporal server that TempoNest runs, with what it needs to set up its databases. */
export interface TemporalServerPrograms {
  /** Path of the server. */
  server: string;
  /** Path of temporal-sql-tool. */
  sqlTool: string;
  /** The directory with `temporal/versioned` and `visibility/versioned`, for PostgreSQL 12 and later. */
  schemaDirectory: string;
}

/** Builds Temporal server 1.24.2 and its SQL tool into the cache, and keeps the schemas of the same version there. */
export async function installTemporalServer(): Promise<TemporalServerPrograms> {
  const programs = await installWithGo('temporal-server', version, [
    `go.temporal.io/server/cmd/server@v${version}`,
    `go.temporal.io/server/cmd/tools/sql@v${version}`,
  ]);
  const schemas = await makeOnce(cacheDirectory('temporal-server-schema', version), async (temporary) => {
    const module = await goModuleDirectory(`go.temporal.io/server@v${version}`);
    // Go's module cache is read-only, directories too: their modes must not come along.
    await execa('cp', ['-r', '--no-preserve=mode', join(module, 'schema', 'postgresql', 'v12'), temporary]);
  });
  return {
    server: join(programs, 'server'),
    sqlTool: join(programs, 'sql'),
    schemaDirectory: join(schemas, 'v12'),
  };
}
