import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { resolveConnection } from '../../src/config/connections.js';
import { parseConfiguration } from '../../src/config/load.js';
import { readSecret } from '../../src/config/secrets.js';
import { redact } from '../../src/observability/redaction.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

it.each([
  ['hunter22', 'hunter22'],
  ['hunter22\n', 'hunter22'],
  ['hunter22\r\n', 'hunter22'],
  [' two  words \n', ' two  words '],
  ['line one\nline two\n', 'line one\nline two'],
])('is the content of its file without the last line break: %j', async (content, secret) => {
  const file = join(await makeScratchDirectory(), 'password');
  await writeFile(file, content);
  expect(await readSecret(file, 'password')).toBe(secret);
  expect(redact(`it is ${secret}.`)).toBe('it is ***.');
});

it('that cannot be read or is empty is refused, with what to do', async () => {
  const file = join(await makeScratchDirectory(), 'password');
  await expect(readSecret(file, 'password of server main')).rejects.toMatchObject({
    type: 'InvalidConfiguration',
    message: `The password of server main cannot be read from ${file} (ENOENT); create it, readable by this user.`,
  });
  await writeFile(file, '\n');
  await expect(readSecret(file, 'password of server main')).rejects.toMatchObject({
    type: 'InvalidConfiguration',
    message: `The password of server main in ${file} is empty; write it there.`,
  });
});

it('of a server is read at every use, so that a rotated one counts', async () => {
  const passwordFile = join(await makeScratchDirectory(), 'password');
  const text = `{staging: {directory: /s}, encryption: {method: none}, stores: [{name: p, url: "file:///b"}], servers: [{name: main, host: h, user: u, passwordFile: "${passwordFile}"}, {name: open, host: h, user: u}]}`;
  const [main, open] = parseConfiguration(text, 'b.yaml').servers;
  await writeFile(passwordFile, 'first-password\n');
  expect(await resolveConnection(main!, '/pgpass')).toEqual({
    name: 'main',
    host: 'h',
    port: 5432,
    user: 'u',
    sslmode: 'disable',
    password: 'first-password',
  });
  await writeFile(passwordFile, 'second-password\n');
  expect(await resolveConnection(main!, undefined)).toMatchObject({ password: 'second-password' });
  expect(await resolveConnection(open!, '/pgpass')).toMatchObject({ passFile: '/pgpass' });
  expect(await resolveConnection(open!, undefined)).not.toHaveProperty('password');
});
