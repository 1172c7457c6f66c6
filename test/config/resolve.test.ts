import { expect, it } from 'vitest';
import { parseConfiguration } from '../../src/config/load.js';
import {
  resolveCompression,
  resolveDatabase,
  resolveDumpOptions,
  resolveServer,
} from '../../src/config/resolve.js';
import { catchError } from '../support/catch-error.js';

function configure(servers: string, more = '') {
  return parseConfiguration(
    `{staging: {directory: /s}, encryption: {method: none}, stores: [{name: p, url: "file:///b"}], servers: [${servers}]${more}}`,
    'b.yaml',
  );
}

const main =
  '{name: main, host: a, user: u, jobs: 3, nice: 5, databases: [agentic, {name: langfuse, jobs: 8, excludeTableData: ["x.*"]}]}';
const other = '{name: other, host: b, user: u}';

it('takes the only server when none is named', () => {
  expect(resolveServer(configure(main), undefined).name).toBe('main');
  expect(resolveServer(configure(main), 'main').name).toBe('main');
  expect(resolveServer(configure(`${main}, ${other}`), 'other').name).toBe('other');
});

it('names the servers there are', () => {
  const both = configure(`${main}, ${other}`);
  expect(catchError(() => resolveServer(both, undefined))).toMatchObject({
    type: 'InvalidArgument',
    message: 'Several servers are configured; name one in "server": main, other.',
  });
  expect(catchError(() => resolveServer(both, 'mian'))).toMatchObject({
    type: 'InvalidArgument',
    message: 'Server "mian" is not configured; use one of: main, other.',
  });
});

it('knows a listed database, and any where none is listed', () => {
  const { servers } = configure(`${main}, ${other}`);
  expect(resolveDatabase(servers[0]!, 'langfuse')).toMatchObject({ name: 'langfuse', jobs: 8 });
  expect(resolveDatabase(servers[1]!, 'whatever')).toEqual({ name: 'whatever' });
  expect(catchError(() => resolveDatabase(servers[0]!, 'langfues'))).toMatchObject({
    type: 'InvalidArgument',
    message:
      'Database "langfues" is not configured for server main; use one of: agentic, langfuse, or add it to backups.yaml.',
  });
});

it('dumps with the options of the database, else of its server, else with the defaults', () => {
  const { servers } = configure(`${main}, ${other}`);
  const optionsOf = (index: number, name: string) =>
    resolveDumpOptions(servers[index]!, resolveDatabase(servers[index]!, name));
  const defaults = { jobs: 2, lockWaitTimeoutSeconds: 60, excludeTables: [], excludeTableData: [], nice: 0 };
  expect(optionsOf(0, 'langfuse')).toEqual({ ...defaults, jobs: 8, nice: 5, excludeTableData: ['x.*'] });
  expect(optionsOf(0, 'agentic')).toEqual({ ...defaults, jobs: 3, nice: 5 });
  expect(optionsOf(1, 'agentic')).toEqual(defaults);
});

it('compresses at the level that is given, else at the codec’s own default', () => {
  expect(resolveCompression(configure(main))).toEqual({ method: 'zstd', level: 1 });
  const gzip = ', compression: {method: gzip}';
  expect(resolveCompression(configure(main, gzip))).toEqual({ method: 'gzip', level: 6 });
  const level = ', compression: {level: 19}';
  expect(resolveCompression(configure(main, level))).toEqual({ method: 'zstd', level: 19 });
});
