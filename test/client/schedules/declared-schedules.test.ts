import { expect, test } from 'vitest';
import { declaredSchedules } from '../../../src/client/schedules/declared-schedules.js';
import { parseConfiguration } from '../../../src/config/load.js';

const configure = (schedules: string, servers = ['one']) =>
  parseConfiguration(
    `
staging: { directory: /staging }
servers: [${servers.map((name) => `{ name: ${name}, host: localhost, user: backup }`).join(', ')}]
encryption: { method: none }
stores: [{ url: 'file:///store' }]
schedules: { ${schedules} }`,
    'backups.yaml',
  );

test('a well-known name stands for its workflow, and the only server for all', () => {
  expect(
    declaredSchedules(configure('nightly: { hour: 2 }, weekly: { workflow: pruneBackups }')),
  ).toMatchObject([
    { name: 'nightly', workflow: 'backupDatabases', server: 'one' },
    { name: 'weekly', workflow: 'pruneBackups', server: 'one' },
  ]);
});

test.each([
  [
    'weekly: { hour: 2 }',
    ['one'],
    /^schedules\.weekly says no workflow; add "workflow:", or call it nightly/,
  ],
  [
    'nightly: { timezone: Mars/Base }',
    ['one'],
    /^schedules\.nightly\.timezone: "Mars\/Base" is no time zone/,
  ],
  ['wal: { minute: every }', ['one'], /^schedules\.wal: no WAL of server one is archived; add "wal: \{\}"/],
  ['nightly: { hour: 2 }', ['one', 'two'], /^schedules\.nightly: Several servers are configured/],
  ['nightly: { server: three }', ['one', 'two'], /^schedules\.nightly: Server "three" is not configured/],
])('%s with servers %j is refused', (schedules, servers, message) => {
  expect(() => declaredSchedules(configure(schedules, servers))).toThrow(
    expect.objectContaining({
      type: 'InvalidConfiguration',
      message: expect.stringMatching(message) as string,
    }),
  );
});
