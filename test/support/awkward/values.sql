-- Text that COPY has to escape, and values that print in more than one way.
CREATE TABLE texts (id int PRIMARY KEY, body text, remark varchar(20), fixed char(5));
INSERT INTO texts VALUES
  (1, '', NULL, ''), (2, NULL, '', NULL), (3, '\.', '\N', '\N'), (4, E'\\.\n\\.', E'a\tb', E'\n'),
  (5, E'tab\there\nnewline\rreturn\bback\fform\vvertical', '\\', '\'), (6, E'\x01\x7f', ' leading', 'x'),
  (7, 'COPY public.texts FROM stdin;', '--', ';'), (8, repeat('äöü😀', 1000), 'ü', 'ü'), (9, E'\r\n', '$$', '$a$');
CREATE TABLE one_text (body text);
INSERT INTO one_text VALUES (''), (NULL), ('\.'), (E'\n'), ('');
CREATE TABLE numbers (
  i2 smallint, i8 bigint, n numeric, big numeric(1000, 500), f4 real, f8 float8, cash money, yes boolean, bits varbit, b bit(3));
INSERT INTO numbers VALUES
  (-32768, -9223372036854775808, 'NaN', 'NaN', 'NaN', 'Infinity', -12.34, true, B'', B'101'),
  (32767, 9223372036854775807, 'Infinity', 0, '-0', '-Infinity', 0, false, B'1', B'000'),
  (NULL, NULL, 1e-1000, 1e499, 1.1754944e-38, 2.2250738585072014e-308, NULL, NULL, NULL, NULL),
  (0, 0, 0.10, 1.10, 0.1, 0.1 + 0.2::float8, 1, true, B'0101', B'111');
CREATE TABLE moments (d date, t time, tz timetz, ts timestamp, tstz timestamptz, i interval);
INSERT INTO moments VALUES
  ('infinity', '24:00', '12:00+05:30', 'infinity', '-infinity', '1 year -2 mons 3 days -04:05:06.789'),
  ('4713-01-01 BC', '00:00', '23:59:59.999999-14', '0001-01-01 BC', '1883-11-18 12:03:57+00', '-178000000 years'),
  ('5874897-12-31', NULL, NULL, '294276-12-31 23:59:59.999999', '2024-03-31 02:30+01', '0');
CREATE TABLE bytes (id int, content bytea);
INSERT INTO bytes VALUES (1, ''), (2, NULL), (3, '\x00'), (4, '\x5c2e0a'), (5, decode(repeat('00ff', 100000), 'hex'));
CREATE TABLE arrays (a int[], b text[], c text[][], d int[]);
INSERT INTO arrays VALUES ('{}', '{NULL,"NULL","",",","{","\\"}', '{{a,b},{c,d}}', '[-2:0]={1,2,3}');
CREATE TABLE documents (
  j json, jb jsonb, ts tsvector, q tsquery, u uuid, ip inet, net cidr, mac macaddr, p point, poly polygon, lsn pg_lsn);
INSERT INTO documents VALUES
  ('{"a": 1,  "a":  2, "nul": "\\u0000"}', '{"b": 1e400, "text": "\\\\. \\n ü"}', 'a:1A fat:2B,4C ''it''''s''', 'fat & (rat | !cat)',
   '00000000-0000-0000-0000-000000000000', '::1/64', '10.0.0.0/8', '08:00:2b:01:02:03', '(1e300,-0)', '((0,0),(1,1),(1,0))', '16/B374D848'),
  ('null', 'null', '', '', NULL, '192.168.1.5/24', '::/0', NULL, NULL, NULL, '0/0');
-- A server built without libxml has no values of this type.
DO $$ BEGIN
  CREATE TABLE xml_documents (x xml);
  INSERT INTO xml_documents VALUES ('<a b="1">&lt;ü&gt;<!-- \. --></a>'), (''), ('just text');
EXCEPTION WHEN feature_not_supported THEN NULL;
END $$;
