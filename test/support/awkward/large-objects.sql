CREATE TABLE attachments (name text PRIMARY KEY, content oid);
INSERT INTO attachments VALUES
  ('empty', lo_create(700001)),
  ('short', lo_from_bytea(700002, '\x00ff5c2e0a')),
  ('five MiB of zeros', lo_from_bytea(700003, decode(repeat('00', 5 * 1024 * 1024), 'hex'))),
  ('dangling', 700099);
INSERT INTO attachments
SELECT 'three MB of noise', lo_from_bytea(700004, decode(string_agg(md5(n::text), ''), 'hex'))
FROM generate_series(1, 187500) AS n;
-- A hole: the pages in between were never written.
SELECT lo_put(lo_create(700005), 3000000, '\x01');
SELECT lo_from_bytea(800000 + n, convert_to('object ' || n, 'UTF8')) FROM generate_series(1, 300) AS n;
ALTER LARGE OBJECT 700002 OWNER TO "Awkward Owner";
GRANT SELECT ON LARGE OBJECT 700004 TO "awkward-reader";
COMMENT ON LARGE OBJECT 700001 IS 'nothing in here; it''s "empty"';
