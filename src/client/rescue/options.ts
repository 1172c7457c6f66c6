import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ServerConnection } from '../../model/server-connection.js';
import { storeUrlForms } from '../../model/store-configuration.js';

/** What of a store's configuration can be given as an option: what is needed to read it. */
export const storeFields = [
  'endpoint',
  'region',
  'accessKeyIdFile',
  'secretAccessKeyFile',
  'connectionStringFile',
  'sasTokenFile',
  'credentialsFile',
] as const;

/** The option of a field: `--access-key-id-file`. */
export const toOption = (field: string) =>
  `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Where backups are read. */
export interface SourceOptions extends Partial<Record<(typeof storeFields)[number], string>> {
  store?: string;
  server?: string;
}

/** What opens them, and which PostgreSQL server they are restored into. */
export interface RestoreOptions extends SourceOptions {
  privateKeys?: string;
  passphraseFile?: string;
  host?: string;
  port?: number;
  user?: string;
  passwordFile?: string;
  sslmode?: ServerConnection['sslmode'];
  sslRootCert?: string;
  directory?: string;
}

/** Gives a command the options that say where backups are read. */
export function addSourceOptions(command: Command): Command {
  return command
    .option('--store <url>', `${storeUrlForms}: then backups.yaml is not read; or a store’s name in it`)
    .option('--endpoint <url>', 'the server of --store: S3 other than Amazon’s, an Azure account')
    .option('--region <region>', 'the region of an S3 bucket')
    .option('--access-key-id-file <file>', 'S3 credentials; default: what the AWS SDK finds')
    .option('--secret-access-key-file <file>')
    .option('--connection-string-file <file>', 'of an Azure account, in the place of --endpoint')
    .option('--sas-token-file <file>', 'a shared access signature; default: what the Azure SDK finds')
    .option('--credentials-file <file>', 'Google credentials; default: those of the application')
    .option('--server <name>', 'the server whose backups are meant; needed when there are several');
}

/** Gives a command the options of everything that a restore needs. */
export function addRestoreOptions(command: Command): Command {
  return addSourceOptions(command)
    .option('--private-keys <file>', 'the exported private keys; default: restore.privateKeysFile')
    .option('--passphrase-file <file>', 'their passphrase; default: restore.passphraseFile')
    .option(
      '--host <host>',
      'the PostgreSQL server to restore into; default: that of backups.yaml, else PGHOST, else localhost',
    )
    .option('--port <port>', 'its port; default: that of backups.yaml, else PGPORT, else 5432', parsePort)
    .option('--user <name>', 'a superuser of it; default: that of backups.yaml, else PGUSER, else postgres')
    .option(
      '--password-file <file>',
      'a file with the password alone; default: that of backups.yaml, else as for psql',
    )
    .addOption(
      new Option(
        '--sslmode <mode>',
        'how the connection is protected; default: as in backups.yaml, else PGSSLMODE, else disable',
      ).choices(['disable', 'require', 'verify-full']),
    )
    .option('--ssl-root-cert <file>', 'the certificate authority for verify-full; default: PGSSLROOTCERT')
    .option('--directory <directory>', 'where to work; what was downloaded stays there for another try');
}

function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new InvalidArgumentError('It is a number from 1 to 65535.');
}
