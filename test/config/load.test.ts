import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfiguration, parseConfiguration } from '../../src/config/load.js';
import { catchError } from '../support/catch-error.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

const good = `staging:
  directory: /staging
servers:
  - name: main
    host: db
    user: backup
    databases:
      - agentic
      - name: langfuse
        jobs: 4
        lockWaitTimeout: 5m
encryption:
  method: none
stores:
  - name: primary
    url: file:///backups
`;

/** The errors in a configuration, each as \`line: message\`. */
function errorsIn(text: string): string[] {
  const { message } = catchError(() => parseConfiguration(text, 'b.yaml'));
  const [head, ...lines] = message.split('\n');
  expect(head).toMatch(
    /^The configuration has (an error|\d+ errors); correct and run "temponest-backups config check":$/,
  );
  return lines.map((line) => line.replace(/^ {2}b\.yaml:/, ''));
}

const without = (line: string) => good.replace(`${line}\n`, '');

it('reads a configuration and fills in what it leaves out', () => {
  const configuration = parseConfiguration(good, 'b.yaml');
  expect(configuration).toMatchObject({
    servers: [
      {
        port: 5432,
        sslmode: 'disable',
        maintenanceDatabase: 'postgres',
        globals: true,
        concurrency: 2,
        databases: [{ name: 'agentic' }, { name: 'langfuse', jobs: 4, lockWaitTimeout: 300 }],
      },
    ],
    compression: { method: 'zstd' },
    retention: { daily: 7, weekly: 4, monthly: 12 },
    notifications: [],
    worker: { heartbeatTimeout: 30, shutdownGrace: 30 },
  });
});

describe('errors', () => {
  it.each([
    ['a missing key: the line of what lacks it', without('    user: backup'), ['4: servers.0.user: ']],
    ['a missing section', without('staging:\n  directory: /staging'), ['1: staging: ']],
    [
      'an unknown key: its own line',
      good.replace('    host: db', '    host: db\n    hots: x'),
      ['6: servers.0: unknown key hots'],
    ],
    ['an unknown key of the file', `${good}colour: blue\n`, ['17: the file: unknown key colour']],
    ['a wrong type', good.replace('jobs: 4', 'jobs: many'), ['10: servers.0.databases.1.jobs: expected ']],
    ['a number out of range', good.replace('jobs: 4', 'jobs: 0'), ['10: servers.0.databases.1.jobs: ']],
    [
      'a wrong duration',
      good.replace('5m', '5 minutes'),
      ['11: servers.0.databases.1.lockWaitTimeout: expected a duration'],
    ],
    [
      'an unknown key of a database',
      good.replace('jobs: 4', 'jobz: 4'),
      ['10: servers.0.databases.1: unknown key jobz'],
    ],
    [
      'a database that is neither name nor object',
      good.replace('- agentic', '- 7'),
      ['8: servers.0.databases.0: expected '],
    ],
    [
      'a relative path',
      good.replace('/staging', 'staging'),
      ['2: staging.directory: expected an absolute path'],
    ],
    ['an unknown method', good.replace('method: none', 'method: rot13'), ['13: encryption.method: ']],
    [
      'gpg without keys',
      good.replace('method: none', 'method: gpg'),
      ['12: encryption.recipients: ', '12: encryption.publicKeysFile: '],
    ],
    ['an empty file', '', ['1: the file: expected object']],
    ['a file that is no mapping', '- a\n- b\n', ['1: the file: expected object']],
  ])('%s', (_what, text, expected) => {
    const errors = errorsIn(text);
    expect(errors).toEqual(
      expected.map(
        (start) => expect.stringMatching(new RegExp(`^${start.replaceAll('.', '\\.')}`)) as string,
      ),
    );
  });

  it('are all listed, in the order of their lines', () => {
    const text = `retention: {daily: 0}\n${good.replace('jobs: 4', 'jobs: 0').replace('/staging', 'staging')}`;
    expect(errorsIn(text).map((error) => Number.parseInt(error))).toEqual([1, 3, 11]);
  });

  it.each([
    ['a tab', good.replace('  directory', '\tdirectory'), 2],
    ['a bracket left open', good.replace('- agentic', '- [agentic'), 9],
    ['the same key twice', good.replace('    host: db', '    host: db\n    host: other'), 6],
    ['an alias of nothing', good.replace('host: db', 'host: *db'), 5],
    ['a second document', `${good}---\nmore: 1\n`, 17],
  ])('of YAML are told with their line: %s', (_what, text, line) => {
    expect(errorsIn(text).some((error) => Number.parseInt(error) === line)).toBe(true);
  });
});

describe('the file', () => {
  it('is named when it cannot be read', async () => {
    const file = join(await makeScratchDirectory(), 'backups.yaml');
    await expect(loadConfiguration(file)).rejects.toMatchObject({
      type: 'InvalidConfiguration',
      message: `The configuration ${file} cannot be read (ENOENT); name it with --config or TEMPONEST_BACKUPS_CONFIG.`,
    });
    await writeFile(file, good);
    expect((await loadConfiguration(file)).servers[0]!.name).toBe('main');
  });
});

describe('what cannot work', () => {
  it.each([
    [
      'a gzip level that gzip does not have',
      `${good}compression: {method: gzip, level: 12}\n`,
      'compression.level',
    ],
    ['a notification with no URL', `${good}notifications: [{webhook: {}}]\n`, 'notifications.0.webhook'],
    [
      'a notification with two',
      `${good}notifications: [{webhook: {url: "http://a/", urlFile: /b}}]\n`,
      'notifications.0.webhook',
    ],
    [
      'verify-full without a certificate',
      good.replace('host: db', 'host: db\n    sslmode: verify-full'),
      'servers.0.sslmode',
    ],
    [
      'two servers of one name',
      good.replace('encryption:', '  - {name: main, host: b, user: c}\nencryption:'),
      'servers.1.name',
    ],
    ['a database twice', good.replace('- agentic', '- agentic\n      - agentic'), 'servers.0.databases.1'],
    [
      'a name longer than PostgreSQL’s',
      good.replace('- agentic', `- ${'ü'.repeat(32)}`),
      'servers.0.databases.0',
    ],
    ['a heartbeat of no time', `${good}worker: {heartbeatTimeout: 0s}\n`, 'worker.heartbeatTimeout'],
  ])('is refused: %s', (_what, text, where) => {
    expect(errorsIn(text)).toEqual([expect.stringContaining(` ${where}: `)]);
  });
});
