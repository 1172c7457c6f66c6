-- Whatever this server has of these, some in a schema of their own; a table that needs one is made when it is there.
CREATE SCHEMA "Extension's Home";
CREATE TABLE things (id int PRIMARY KEY, name text);
INSERT INTO things SELECT n, 'thing ' || n FROM generate_series(1, 10) AS n;
DO $$
DECLARE
  wanted record;
BEGIN
  FOR wanted IN
    SELECT * FROM (VALUES
      ('btree_gist', 'public', 'CREATE TABLE bookings (room int, during daterange, EXCLUDE USING gist (room WITH =, during WITH &&))'),
      ('citext', 'Extension''s Home', 'CREATE TABLE of_citext AS SELECT ''MiXeD''::"Extension''s Home".citext AS word'),
      ('hstore', 'Extension''s Home', 'CREATE TABLE of_hstore AS SELECT ''"a b"=>NULL, c=>"\\."''::"Extension''s Home".hstore AS pairs'),
      ('ltree', 'public', 'CREATE TABLE of_ltree AS SELECT ''a.b.c''::ltree AS path'),
      ('pg_trgm', 'public', 'CREATE INDEX ON things USING gin (name gin_trgm_ops)'),
      ('pgcrypto', 'public', 'CREATE TABLE of_pgcrypto AS SELECT digest(''x'', ''sha256'') AS hash'),
      ('uuid-ossp', 'public', 'CREATE TABLE of_uuid_ossp (id uuid DEFAULT uuid_generate_v4(), n int)'),
      ('vector', 'public', 'CREATE TABLE of_vector AS SELECT ARRAY[n, 1.5, -2]::vector(3) AS embedding FROM generate_series(1, 9) AS n'),
      ('postgres_fdw', 'public', '
        CREATE SERVER "far away" FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host ''127.0.0.1'', port ''1'', dbname ''none'');
        CREATE USER MAPPING FOR PUBLIC SERVER "far away" OPTIONS (user ''nobody'');
        CREATE FOREIGN TABLE foreign_things (id int, name text) SERVER "far away" OPTIONS (table_name ''things'')')
    ) AS each(extension, home, sql) JOIN pg_available_extensions ON name = extension
  LOOP
    EXECUTE format('CREATE EXTENSION %I SCHEMA %I', wanted.extension, wanted.home);
    EXECUTE wanted.sql;
  END LOOP;
END $$;
