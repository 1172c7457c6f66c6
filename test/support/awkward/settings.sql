-- What ALTER DATABASE keeps outside the dump, and what changes how the same values print in it.
DO $$
DECLARE
  setting text;
BEGIN
  FOREACH setting IN ARRAY ARRAY[
    'SET work_mem = ''7MB''', 'SET search_path = "$user", "odd schema", public', 'SET TimeZone = ''Asia/Kathmandu''',
    'SET DateStyle = ''German, DMY''', 'SET IntervalStyle = ''sql_standard''', 'SET bytea_output = ''escape''',
    'SET extra_float_digits = -3', 'SET client_encoding = ''LATIN1''', 'SET "awkward.setting" = ''it''''s "quoted"''', 'CONNECTION LIMIT 7',
    'OWNER TO "Awkward Owner"'
  ] LOOP
    EXECUTE format('ALTER DATABASE %I %s', current_database(), setting);
  END LOOP;
  EXECUTE format('ALTER ROLE "awkward-reader" IN DATABASE %I SET statement_timeout = ''5s''', current_database());
  EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO "awkward-reader"', current_database());
  EXECUTE format('COMMENT ON DATABASE %I IS %L', current_database(), E'a "comment"\nof two lines');
END $$;
CREATE SCHEMA "odd schema";
CREATE TABLE "odd schema".readings (at timestamptz, day date, took interval, raw bytea, value float8);
INSERT INTO "odd schema".readings
SELECT timestamptz '2024-06-01 00:00+00' + n * interval '7 hours', date '2024-01-31' + n, n * interval '1 day -3 min',
  decode(md5(n::text), 'hex'), n / 3.0
FROM generate_series(1, 200) AS n;
CREATE TABLE "odd schema".prices (price text);
INSERT INTO "odd schema".prices VALUES ('5 €');
