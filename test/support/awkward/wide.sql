-- Rows that are stored out of line, compressed and not, and one whose COPY line is longer than usual buffers.
CREATE TABLE documents (id int PRIMARY KEY, compressed text, plain text, raw bytea);
ALTER TABLE documents ALTER plain SET STORAGE EXTERNAL;
INSERT INTO documents
SELECT n, repeat('lorem ipsum ' || n || ' ', 8000), (SELECT string_agg(md5(n || ' ' || k), ' ') FROM generate_series(1, 2000) AS k),
  decode((SELECT string_agg(md5(k || ' ' || n), '') FROM generate_series(1, 500) AS k), 'hex')
FROM generate_series(1, 60) AS n;
INSERT INTO documents SELECT 0, repeat('0123456789abcdef', 1048576), NULL, NULL;
DO $$ BEGIN
  EXECUTE 'CREATE TABLE many_columns (' || (SELECT string_agg(format('c%s int DEFAULT %s', n, n), ', ') FROM generate_series(1, 1200) AS n) || ')';
  INSERT INTO many_columns DEFAULT VALUES;
  INSERT INTO many_columns (c1) VALUES (NULL);
END $$;
