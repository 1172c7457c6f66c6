import type { Client } from 'pg';

/** What initdb makes has lower ones. */
const FIRST_OWN_OID = 16384;
/** The superuser that initdb makes (`BOOTSTRAP_SUPERUSERID`), whatever it is called. */
const FIRST_SUPERUSER = 10;

/** Catalogues of what has an owner and, where there is a third column, privileges. */
const catalogues: readonly [catalogue: string, owner: string, acl?: string][] = [
  ['pg_class', 'relowner', 'relacl'],
  ['pg_namespace', 'nspowner', 'nspacl'],
  ['pg_proc', 'proowner', 'proacl'],
  ['pg_type', 'typowner', 'typacl'],
  ['pg_largeobject_metadata', 'lomowner', 'lomacl'],
  ['pg_default_acl', 'defaclrole', 'defaclacl'],
  ['pg_language', 'lanowner', 'lanacl'],
  ['pg_foreign_data_wrapper', 'fdwowner', 'fdwacl'],
  ['pg_foreign_server', 'srvowner', 'srvacl'],
  ['pg_operator', 'oprowner'],
  ['pg_opclass', 'opcowner'],
  ['pg_opfamily', 'opfowner'],
  ['pg_collation', 'collowner'],
  ['pg_conversion', 'conowner'],
  ['pg_ts_config', 'cfgowner'],
  ['pg_ts_dict', 'dictowner'],
  ['pg_statistic_ext', 'stxowner'],
  ['pg_publication', 'pubowner'],
  ['pg_event_trigger', 'evtowner'],
];

/** What belongs to an extension, or to another object (as a row type to its table), is not dumped with an owner of its own. */
const mentionsFirstSuperuser = catalogues
  .map(([catalogue, owner, acl]) => {
    // aclexplode() refuses an empty array.
    const isGranted = `EXISTS (SELECT FROM aclexplode(CASE WHEN cardinality(${acl}) > 0 THEN ${acl} END) WHERE grantee = ${FIRST_SUPERUSER})`;
    return `EXISTS (SELECT FROM ${catalogue} o WHERE oid >= ${FIRST_OWN_OID} ${catalogue === 'pg_class' ? `AND relkind NOT IN ('i', 'I')` : ''}
       AND (${owner} = ${FIRST_SUPERUSER} ${acl === undefined ? '' : `OR ${isGranted}`})
       AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = '${catalogue}'::regclass AND objid = o.oid
                          AND objsubid = 0 AND deptype IN ('e', 'i')))`;
  })
  .join('\n OR ');

/**
 * The roles that own, are granted or are named by something in the connected database, or by the database itself: those
 * that must exist where it is restored.
 *
 * PostgreSQL notes them in pg_shdepend, but for the superuser that initdb made, which is called otherwise elsewhere.
 *
 * @see https://www.postgresql.org/docs/current/catalog-pg-shdepend.html
 */
export async function readMentionedRoles(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `WITH this AS (SELECT oid, datdba FROM pg_database WHERE datname = current_database())
     SELECT rolname AS name FROM pg_roles WHERE oid IN (
       SELECT refobjid FROM pg_shdepend s, this WHERE refclassid = 'pg_authid'::regclass
          AND (dbid = this.oid OR (dbid = 0 AND classid = 'pg_database'::regclass AND objid = this.oid))
       UNION SELECT datdba FROM this
       UNION SELECT setrole FROM pg_db_role_setting, this WHERE setdatabase = this.oid
       UNION SELECT ${FIRST_SUPERUSER} WHERE ${mentionsFirstSuperuser})
      ORDER BY rolname`,
  );
  return rows.map(({ name }) => name);
}
