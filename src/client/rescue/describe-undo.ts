import { escapeIdentifier } from 'pg';
import { shellWord } from '../../model/shell-word.js';
import type { ResolvedTarget } from './resolve-target.js';

/** The command that undoes a swap: ours where backups.yaml knows the server, else two renames by psql. */
export function describeUndo(target: ResolvedTarget, database: string, becomes: string): string {
  const { server, maintenanceDatabase, isConfigured } = target;
  if (isConfigured)
    return `temponest-backups undo-swap --server ${[server.name, database, becomes].map(shellWord).join(' ')}`;
  const rename = (from: string, to: string) =>
    `--command ${shellWord(`ALTER DATABASE ${escapeIdentifier(from)} RENAME TO ${escapeIdentifier(to)}`)}`;
  const { host, port, user } = server;
  return [
    `psql --host ${shellWord(host)} --port ${port} --username ${shellWord(user)} --dbname ${shellWord(maintenanceDatabase)}`,
    `--single-transaction ${rename(database, `${database}_undone`)} ${rename(becomes, database)}`,
  ].join(' ');
}
