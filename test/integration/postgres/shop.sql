CREATE TABLE customers (id int PRIMARY KEY, name text);
INSERT INTO customers SELECT n, 'customer ' || n FROM generate_series(1, 10) AS n;
CREATE TABLE products (id int PRIMARY KEY, price numeric);
INSERT INTO products SELECT n, n FROM generate_series(1, 5) AS n;
CREATE MATERIALIZED VIEW cheap_products AS SELECT * FROM products WHERE price < 10;
CREATE TABLE orders (
  id serial PRIMARY KEY, customer int REFERENCES customers, product int REFERENCES products, part_of int REFERENCES orders);
INSERT INTO orders (customer, product, part_of) SELECT 1 + n % 10, 1 + n % 5, NULLIF(n - 1, 0) FROM generate_series(1, 30) AS n;
CREATE VIEW orders_of_customers AS SELECT name, count(*) FROM orders JOIN customers ON customers.id = customer GROUP BY name;
CREATE POLICY own_customers ON orders USING (customer IN (SELECT id FROM customers));
CREATE FUNCTION note_order() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER note BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note_order();

-- Needs the table of products for the type of a column.
CREATE TABLE carts (id int, product products, FOREIGN KEY (id) REFERENCES products);
INSERT INTO carts SELECT id, products FROM products WHERE id < 4;

CREATE TABLE events (at date NOT NULL, kind text NOT NULL, PRIMARY KEY (at, kind)) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY LIST (kind);
CREATE TABLE events_2024_a PARTITION OF events_2024 FOR VALUES IN ('a');
CREATE TABLE events_2024_rest PARTITION OF events_2024 DEFAULT;
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO events SELECT date '2024-06-01' + n, k FROM generate_series(1, 50) AS n, (VALUES ('a'), ('b')) AS kinds (k);
INSERT INTO events SELECT date '2025-06-01' + n, k FROM generate_series(1, 50) AS n, (VALUES ('a'), ('b')) AS kinds (k);

CREATE SCHEMA "Odd; schema";
CREATE TABLE "Odd; schema"."a ""table""
215; 1259 16391 TABLE public products postgres" (n int);
INSERT INTO "Odd; schema"."a ""table""
215; 1259 16391 TABLE public products postgres" SELECT generate_series(1, 7);
-- The same name elsewhere.
CREATE SCHEMA elsewhere;
CREATE TABLE elsewhere.events_2026 (kind text NOT NULL, at date NOT NULL, PRIMARY KEY (at, kind));
INSERT INTO elsewhere.events_2026 VALUES ('a', '2026-01-01'), ('b', '2026-01-01');
ALTER TABLE events ATTACH PARTITION elsewhere.events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE elsewhere.orders (n int);
INSERT INTO elsewhere.orders VALUES (1);

SELECT lo_from_bytea(7777, 'a large object');
