-- Kinds of tables.
CREATE TABLE no_columns ();
INSERT INTO no_columns DEFAULT VALUES;
INSERT INTO no_columns DEFAULT VALUES;
INSERT INTO no_columns DEFAULT VALUES;
CREATE TABLE no_rows (id int, body text);
CREATE TABLE dropped_columns (a int, b text, c int, d text DEFAULT 'd');
INSERT INTO dropped_columns SELECT n, 'b', n FROM generate_series(1, 20) AS n;
ALTER TABLE dropped_columns DROP COLUMN a, DROP COLUMN c, ADD COLUMN e int NOT NULL DEFAULT 5;
CREATE TABLE all_columns_dropped (a int);
INSERT INTO all_columns_dropped VALUES (1), (2);
ALTER TABLE all_columns_dropped DROP COLUMN a;
CREATE UNLOGGED TABLE unlogged_rows (id int PRIMARY KEY);
INSERT INTO unlogged_rows SELECT generate_series(1, 30);
CREATE TABLE generated (
  a int, doubled int GENERATED ALWAYS AS (a * 2) STORED, b text, shouted text GENERATED ALWAYS AS (upper(b)) STORED);
INSERT INTO generated (a, b) VALUES (1, 'x'), (2, NULL);
CREATE TABLE only_generated (five int GENERATED ALWAYS AS (5) STORED);
INSERT INTO only_generated DEFAULT VALUES;
DO $$ BEGIN
  IF current_setting('server_version_num')::int >= 180000 THEN
    EXECUTE 'CREATE TABLE virtual (a int, doubled int GENERATED ALWAYS AS (a * 2) VIRTUAL)';
    EXECUTE 'INSERT INTO virtual (a) VALUES (1), (2)';
  END IF;
END $$;

CREATE TABLE hen (id int PRIMARY KEY, egg_id int NOT NULL);
CREATE TABLE egg (id int PRIMARY KEY, hen_id int NOT NULL REFERENCES hen DEFERRABLE INITIALLY DEFERRED, parent int REFERENCES egg);
ALTER TABLE hen ADD FOREIGN KEY (egg_id) REFERENCES egg DEFERRABLE INITIALLY DEFERRED;
INSERT INTO hen SELECT n, n FROM generate_series(1, 25) AS n;
INSERT INTO egg SELECT n, n, NULLIF(n - 1, 0) FROM generate_series(1, 25) AS n;

CREATE TABLE constrained (
  a int UNIQUE NULLS NOT DISTINCT, b int CONSTRAINT "b; is ""big""" CHECK (b > 10), c text COLLATE "C",
  d text COMPRESSION pglz, UNIQUE (b) INCLUDE (c));
INSERT INTO constrained VALUES (NULL, 11, 'x', 'y'), (1, 12, 'X', 'Y');
ALTER TABLE constrained ADD CONSTRAINT not_yet_valid CHECK (a < 0) NOT VALID;
ALTER TABLE constrained REPLICA IDENTITY FULL, SET (fillfactor = 70), ALTER c SET STATISTICS 500, ALTER d SET STORAGE EXTERNAL;
CREATE INDEX partial_expression ON constrained (lower(c) DESC NULLS LAST) WHERE a IS NOT NULL;
CREATE STATISTICS "Odd statistics" (dependencies, mcv) ON a, b FROM constrained;
CREATE STATISTICS of_expression ON (a + b), lower(c) FROM constrained;
CLUSTER constrained USING constrained_b_c_key;
ANALYZE constrained;
