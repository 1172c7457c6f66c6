-- Rows are spread by a hash of the enum value's OID, so a restore may put them into other partitions than the dump
-- had them in; pg_dump loads such tables through their root.
CREATE TYPE colour AS ENUM ('red', 'green', 'blue', 'black');
CREATE TABLE by_hash_of_enum (colour colour, n int) PARTITION BY HASH (colour);
CREATE TABLE by_hash_of_enum_0 PARTITION OF by_hash_of_enum FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE by_hash_of_enum_1 PARTITION OF by_hash_of_enum FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO by_hash_of_enum SELECT (enum_range(NULL::colour))[1 + n % 4], n FROM generate_series(1, 100) AS n;
