import { chown, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { PostgresServer } from '../../tools/servers/postgres.js';

/**
 * Makes a server accept TLS, with a certificate of its own for `localhost`.
 *
 * @param directory - where the certificate is put, for its clients
 * @returns the certificate's file: its own authority
 */
export async function enableTls(postgres: PostgresServer, directory: string): Promise<string> {
  const [key, certificate] = ['tls.key', 'tls.crt'].map((name) => join(directory, name));
  await execa('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', key!, '-out', certificate!],
  ]);
  const { uid, gid } = await stat(postgres.dataDirectory);
  for (const [from, name] of [
    [key!, 'server.key'],
    [certificate!, 'server.crt'],
  ] as const) {
    const file = join(postgres.dataDirectory, name);
    await writeFile(file, await readFile(from), { mode: 0o600 });
    await chown(file, uid, gid);
  }
  await postgres.query('postgres', 'ALTER SYSTEM SET ssl = on');
  await postgres.restart();
  return certificate!;
}
