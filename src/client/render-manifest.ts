import type { BaseManifest } from '../model/base-manifest.js';
import type { DatabaseManifest, Manifest } from '../model/manifest.js';
import { count, formatBytes, formatTime, renderTable } from './output.js';

/** Tables that are shown; `--json` has all of them. */
const TABLES_SHOWN = 20;

type AnyManifest = Manifest | BaseManifest;

export function describeServer({ server, serverVersion, systemIdentifier }: AnyManifest): string {
  const version = `${Math.floor(serverVersion / 10_000)}.${serverVersion % 10_000}`;
  return `${server}, PostgreSQL ${version}, system identifier ${systemIdentifier}`;
}

export function describeArtifact({ artifact }: AnyManifest): Record<string, string> {
  const { encryption } = artifact;
  return {
    Artifact: artifact.key,
    Stored: `${formatBytes(artifact.bytes)}, ${artifact.codec}`,
    'SHA-256': artifact.sha256,
    Encryption: encryption.method === 'gpg' ? `gpg to ${encryption.keyFingerprints.join(', ')}` : 'none',
  };
}

function describeDatabase(manifest: DatabaseManifest): Record<string, string> {
  const { inventory, localeProvider, collation, characterType, locale } = manifest;
  const rows = inventory.tables.reduce((sum, table) => sum + table.rows, 0);
  const locales = [...new Set([collation, characterType, ...(locale === null ? [] : [locale])])];
  return {
    Database: manifest.database,
    Owner: manifest.owner,
    Encoding: `${manifest.encoding}, ${locales.join(' / ')} (${localeProvider})`,
    Extensions: inventory.extensions.map(({ name, version }) => `${name} ${version}`).join(', ') || 'none',
    Roles: inventory.roles.join(', ') || 'none',
    Contents: [
      count(inventory.tables.length, 'table'),
      count(rows, 'row'),
      count(inventory.sequences.length, 'sequence'),
      count(inventory.largeObjects.count, 'large object'),
    ].join(', '),
    ...(inventory.excludedTables.length > 0
      ? { 'Left out': inventory.excludedTables.map(({ schema, name }) => `${schema}.${name}`).join(', ') }
      : {}),
    ...(manifest.warnings ? { Warnings: manifest.warnings.join('; ') } : {}),
  };
}

export function describeSteps({ secondsPerStep }: AnyManifest): string {
  return Object.entries(secondsPerStep)
    .map(([step, seconds]) => `${step} ${seconds.toFixed(1)} s`)
    .join(', ');
}

function renderTables({ inventory: { tables } }: DatabaseManifest): string {
  const largest = [...tables].sort((a, b) => b.bytes - a.bytes).slice(0, TABLES_SHOWN);
  if (largest.length === 0) return '';
  const rows = largest.map(({ schema, name, rows, bytes }) => [
    `${schema}.${name}`,
    String(rows),
    formatBytes(bytes),
  ]);
  const rest = tables.length - largest.length;
  return `\n\n${renderTable(['TABLE', '>ROWS', '>SIZE'], rows)}${rest > 0 ? `\nand ${count(rest, 'smaller table')}` : ''}`;
}

/** zstd frames its version: `*** Zstandard CLI (64-bit) v1.5.4, by Yann Collet ***`. */
const trimBanner = (version: string) => version.replace(/^\*+ | \*+$/g, '');

export function describeTools({ tools }: AnyManifest): string {
  return Object.values(tools).map(trimBanner).join('; ');
}

/** Facts by their names, one a line. */
export function renderFacts(facts: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(facts).map((name) => name.length));
  return Object.entries(facts)
    .map(([name, text]) => `${name.padEnd(width)}  ${text}`)
    .join('\n');
}

/** A manifest for people: what it is of, what it holds, and its largest tables. */
export function renderManifest(manifest: Manifest): string {
  const facts = {
    Backup: manifest.id,
    Server: describeServer(manifest),
    Snapshot: `${formatTime(new Date(manifest.snapshotTime))}, LSN ${manifest.snapshotLsn}`,
    ...(manifest.kind === 'database'
      ? describeDatabase(manifest)
      : {
          Roles: manifest.roles.join(', '),
          Tablespaces: manifest.tablespaces.map(({ name }) => name).join(', ') || 'none',
        }),
    ...describeArtifact(manifest),
    'Made by': `workflow ${manifest.workflowId}, run ${manifest.runId}`,
    Steps: describeSteps(manifest),
    Tools: describeTools(manifest),
  };
  return renderFacts(facts) + (manifest.kind === 'database' ? renderTables(manifest) : '');
}
