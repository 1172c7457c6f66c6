CREATE SCHEMA elsewhere;
CREATE TABLE by_range (at date NOT NULL, region text, amount int, PRIMARY KEY (at, region)) PARTITION BY RANGE (at);
CREATE TABLE by_range_2024 PARTITION OF by_range FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')
  PARTITION BY LIST (region);
CREATE TABLE "by_range 2024 north" PARTITION OF by_range_2024 FOR VALUES IN ('north');
CREATE TABLE by_range_2024_rest PARTITION OF by_range_2024 DEFAULT;
CREATE TABLE by_range_old PARTITION OF by_range FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
-- Attached from another schema, with its columns in another order.
CREATE TABLE elsewhere.by_range_2025 (region text NOT NULL, amount int, gone int, at date NOT NULL);
ALTER TABLE elsewhere.by_range_2025 DROP COLUMN gone;
ALTER TABLE by_range ATTACH PARTITION elsewhere.by_range_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO by_range
SELECT date '2023-07-01' + n, CASE WHEN n % 2 = 0 THEN 'north' ELSE 'r' || n % 5 END, n FROM generate_series(0, 899) AS n;
CREATE INDEX ON by_range (amount);

CREATE TABLE by_list (kind text, n int) PARTITION BY LIST (kind);
CREATE TABLE by_list_null PARTITION OF by_list FOR VALUES IN (NULL);
CREATE TABLE by_list_odd PARTITION OF by_list FOR VALUES IN ('', 'it''s', E'new\nline');
INSERT INTO by_list VALUES (NULL, 1), ('', 2), ('it''s', 3), (E'new\nline', 4);

CREATE TABLE by_hash (id bigint PRIMARY KEY, body text) PARTITION BY HASH (id);
DO $$ BEGIN
  FOR n IN 0..3 LOOP
    EXECUTE format('CREATE TABLE by_hash_%s PARTITION OF by_hash FOR VALUES WITH (MODULUS 4, REMAINDER %s)', n, n);
  END LOOP;
END $$;
INSERT INTO by_hash SELECT n, md5(n::text) FROM generate_series(1, 1000) AS n;
CREATE TABLE without_partitions (id int) PARTITION BY RANGE (id);

CREATE TABLE refers_to_partitioned (at date, region text, FOREIGN KEY (at, region) REFERENCES by_range);
INSERT INTO refers_to_partitioned SELECT at, region FROM by_range LIMIT 10;

CREATE TABLE parent (id int PRIMARY KEY, name text DEFAULT 'parent', CHECK (id > 0));
CREATE TABLE child (extra text) INHERITS (parent);
ALTER TABLE child ALTER name SET DEFAULT 'child';
CREATE TABLE other_parent (id int, note text);
CREATE TABLE grandchild (depth int) INHERITS (child, other_parent);
INSERT INTO parent VALUES (1), (2);
INSERT INTO child (id, extra) VALUES (3, 'x');
INSERT INTO grandchild (id, depth) VALUES (4, 2), (5, 2), (6, 2);
