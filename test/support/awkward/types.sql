CREATE DOMAIN positive AS int CHECK (VALUE > 0) NOT NULL;
CREATE DOMAIN "e-mail" AS text CHECK (VALUE LIKE '%@%') DEFAULT 'nobody@example.com';
CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy "!"', '');
ALTER TYPE mood ADD VALUE 'between' BEFORE 'it''s ok';
CREATE TYPE "Point 3D" AS (x float8, y float8, "z;" numeric(10, 3));
CREATE DOMAIN unit_point AS "Point 3D" CHECK ((VALUE).x <= 1);
CREATE TYPE float_range AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TYPE never_defined;
CREATE TABLE of_types (
  id positive PRIMARY KEY, mail "e-mail", mood mood, moods mood[], spot "Point 3D", spots "Point 3D"[], unit unit_point,
  span float_range, spans float_multirange, during tstzrange, EXCLUDE USING gist (during WITH &&));
INSERT INTO of_types VALUES
  (1, 'a@b', 'sad', '{sad,"it''s ok",NULL,""}', '(1,2,3.5)', ARRAY[(1, NULL, 0)::"Point 3D", NULL], '(0,0,0)', '[1.5,2)',
   '{[1,2),(3,)}', '[2024-01-01,2024-02-01)'),
  (2, DEFAULT, '', '{}', NULL, '{}', NULL, 'empty', '{}', '(,2023-01-01)');
CREATE TABLE of_composite OF "Point 3D" (PRIMARY KEY (x));
INSERT INTO of_composite VALUES (1, 2, 3);
CREATE TABLE whole_rows (previous of_types, tables regclass, kind regtype);
INSERT INTO whole_rows SELECT t, 'of_types', 'mood' FROM of_types AS t;
