import type { Configuration, ServerConfiguration } from '../../config/schema.js';
import { shellWord } from '../../model/shell-word.js';
import { nameOfStore, type StoreConfiguration } from '../../model/store-configuration.js';
import { storeFields, toOption } from './options.js';

/** Fields of a store that name the file of a secret. */
const secretFields = storeFields.filter((field) => field.endsWith('File'));

/** `accessKeyIdFile` as `access key id`. */
const inWords = (field: string) =>
  field.replace(/File$/, '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** What the page tells beside the configuration. */
export interface KitFacts {
  version: string;
  configurationFile: string;
  /** Of PostgreSQL and the codec, as the newest backups say; empty where none could be read. */
  newest: { server: string; major: number; codec: string; keyFingerprints: string[] }[];
}

/**
 * The page that belongs in the safe: what to install, where the stores are, which keys and files are needed, and the
 * commands. It names the files of secrets and holds none.
 */
export function renderKit(configuration: Configuration, facts: KitFacts): string {
  const sections: [title: string, lines: string[]][] = [
    ['Install', describePrograms(facts)],
    ['Stores', configuration.stores.flatMap(describeStore)],
    ['Keys', describeKeys(configuration, facts)],
    ['Files', describeFiles(configuration, facts)],
    ['With backups.yaml', describeCommands(configuration, facts)],
    ['Without backups.yaml', configuration.servers.flatMap((server) => describeBare(configuration, server))],
  ];
  return [
    `Rescue of PostgreSQL from TempoNest Backups ${facts.version}, as of ${new Date().toISOString().slice(0, 10)}.`,
    'No Temporal is needed. docs/break-glass.md explains each command.',
    ...sections.flatMap(([title, lines]) => ['', title, ...lines.map((line) => `  ${line}`)]),
  ].join('\n');
}

function describePrograms({ version, newest }: KitFacts): string[] {
  const majors = [...new Set(newest.map(({ major }) => major))].sort();
  const codecs = [...new Set(newest.map(({ codec }) => codec))];
  const clients =
    majors.length > 0 ? majors.map((major) => `postgresql-client-${major}`) : ['postgresql-client'];
  return [
    `Node.js 20 or later, and temponest-backups ${version} (or its image)`,
    `apt-get install ${[...clients, 'gnupg', 'tar', ...(codecs.length > 0 ? codecs : ['zstd'])].join(' ')}`,
  ];
}

function describeStore(store: StoreConfiguration): string[] {
  const { url, endpoint, region } = store;
  const more = [endpoint && `endpoint ${endpoint}`, region && `region ${region}`].filter(Boolean);
  return [[`${nameOfStore(store)}: ${url}`, ...more].join(', ')];
}

function describeKeys({ encryption }: Configuration, { newest }: KitFacts): string[] {
  if (encryption.method === 'none') return ['none: backups are not encrypted'];
  const fingerprints = [...new Set(newest.flatMap(({ keyFingerprints }) => keyFingerprints))];
  return [
    'the exported private key of one of these recipients, and its passphrase:',
    ...encryption.recipients.map((recipient) => `  ${recipient}`),
    ...(fingerprints.length > 0 ? ['fingerprints in the newest backups:'] : []),
    ...fingerprints.map((fingerprint) => `  ${fingerprint}`),
  ];
}

function describeFiles({ restore, servers, stores }: Configuration, { configurationFile }: KitFacts) {
  const files: [path: string | undefined, what: string][] = [
    [configurationFile, 'the configuration'],
    [restore.privateKeysFile, 'the private keys'],
    [restore.passphraseFile, 'their passphrase'],
    ...stores.flatMap((store) =>
      secretFields.map((field): [string | undefined, string] => [
        store[field],
        `${inWords(field)} of store ${nameOfStore(store)}`,
      ]),
    ),
    ...servers.flatMap((server): [string | undefined, string][] => [
      [server.passwordFile, `password of ${server.user} on server ${server.name}`],
      [server.sslRootCert, `certificate authority of server ${server.name}`],
    ]),
  ];
  return files.flatMap(([path, what]) => (path === undefined ? [] : [`${path}: ${what}`]));
}

function describeCommands({ servers, restore }: Configuration, { configurationFile }: KitFacts): string[] {
  const run = `temponest-backups --config ${shellWord(configurationFile)} rescue`;
  const keys = restore.privateKeysFile === undefined ? ' --private-keys PRIVATE_KEYS_FILE' : '';
  return servers.flatMap(({ name, wal }) => {
    const server = servers.length > 1 ? ` --server ${shellWord(name)}` : '';
    return [
      `${run} list${server}`,
      `${run} server${server}${keys}`,
      `${run} restore DATABASE --swap${server}${keys}`,
      ...(wal ? [`${run} recover --latest --into DIRECTORY${server}${keys}`] : []),
    ];
  });
}

function describeBare(
  { stores, encryption }: Configuration,
  { name, host, port, user, sslmode, wal }: ServerConfiguration,
) {
  const [store] = stores as [StoreConfiguration];
  const options = [
    `--store ${shellWord(store.url)}`,
    ...storeFields.flatMap((field) => {
      const value = store[field];
      if (value === undefined) return [];
      return [`${toOption(field)} ${field.endsWith('File') ? 'FILE' : shellWord(value)}`];
    }),
    `--server ${shellWord(name)}`,
  ].join(' ');
  const keys = encryption.method === 'none' ? '' : ' --private-keys FILE --passphrase-file FILE';
  const target = [
    `--host ${shellWord(host)} --port ${port} --user ${shellWord(user)} --password-file FILE`,
    ...(sslmode === 'disable' ? [] : [`--sslmode ${sslmode}`]),
    ...(sslmode === 'verify-full' ? ['--ssl-root-cert FILE'] : []),
  ].join(' ');
  return [
    `temponest-backups rescue list ${options}`,
    `temponest-backups rescue server ${options}${keys} ${target}`,
    `temponest-backups rescue restore DATABASE --swap ${options}${keys} ${target}`,
    ...(wal ? [`temponest-backups rescue recover --latest --into DIRECTORY ${options}${keys}`] : []),
  ];
}
