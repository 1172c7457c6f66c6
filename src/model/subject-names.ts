import { GLOBALS_NAME, subjectName, type BackupSubject } from './keys.js';

/** What base backups are called among the databases. */
export const WHOLE_SERVER = 'whole server';

/** What backups are of: a database, the globals, or the whole server (base backups). */
export interface NamedSubject {
  kind: BackupSubject['kind'] | 'base';
  /** The database's name, `globals` or `whole server`; a database may be called like one of those. */
  name: string;
}

/** The whole server, among databases and globals. */
export const wholeServer: NamedSubject = { kind: 'base', name: WHOLE_SERVER };

/** A database or the globals, by kind and name. */
export const nameSubject = (subject: BackupSubject): NamedSubject => ({
  kind: subject.kind,
  name: subjectName(subject),
});

/** What tells a subject of a server from the others. */
export const subjectKey = ({ kind, name }: NamedSubject) => `${kind} ${name}`;

/** A subject in a table or list for people: a database that is called like one of the others is told from them. */
export const labelSubject = ({ kind, name }: NamedSubject) =>
  kind === 'database' && [GLOBALS_NAME, WHOLE_SERVER].includes(name) ? `database ${name}` : name;
