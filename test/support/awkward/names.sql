-- Schemas, tables and columns whose names need care wherever they are quoted, split or used as a path.
CREATE SCHEMA "Mixed Case";
CREATE SCHEMA "dots.in.name";
CREATE SCHEMA "schema'with""quotes";
CREATE SCHEMA "../up/and/away";
CREATE SCHEMA "sélect; DROP SCHEMA public";
CREATE TABLE "Mixed Case"."Table One" ("Id" int PRIMARY KEY, "Full Name" text, "select" text, "ü" int);
INSERT INTO "Mixed Case"."Table One" VALUES (1, 'a', 'b', 1), (2, NULL, '', NULL);
CREATE TABLE "Mixed Case".public (id int);
INSERT INTO "Mixed Case".public VALUES (1);
CREATE TABLE public."line
break" ("column
break" text);
INSERT INTO public."line
break" VALUES ('x'), ('y');
CREATE TABLE "dots.in.name"."a.b.c" (".d" int);
INSERT INTO "dots.in.name"."a.b.c" SELECT generate_series(1, 5);
CREATE TABLE "schema'with""quotes"."table'with""quotes" ("col'umn""s" text);
INSERT INTO "schema'with""quotes"."table'with""quotes" VALUES ('''"');
CREATE TABLE "../up/and/away"."/etc/passwd" (id int);
INSERT INTO "../up/and/away"."/etc/passwd" VALUES (1);
CREATE TABLE "sélect; DROP SCHEMA public"."x; y" (id int);
CREATE TABLE public."back\slash\n" (id int);
INSERT INTO public."back\slash\n" VALUES (1);
CREATE TABLE public."tab	and trailing " (id int);
INSERT INTO public."tab	and trailing " VALUES (1);
CREATE TABLE public."--rest" (id int);
CREATE TABLE public."*?%_[a-z]{$HOME}" (id int);
INSERT INTO public."*?%_[a-z]{$HOME}" VALUES (1), (2);
CREATE TABLE public."TABLE" ("FROM" int, "table" int, "user" int);
INSERT INTO public."TABLE" VALUES (1, 2, 3);
CREATE TABLE public."table" (id int);
CREATE TABLE public."大きなテーブル😀" ("列" text);
INSERT INTO public."大きなテーブル😀" VALUES ('値');
DO $$ BEGIN EXECUTE format('CREATE TABLE public.%I AS SELECT 1 AS id', repeat('ü', 31) || 'x'); END $$;
CREATE INDEX "an index; with ""quotes""" ON "Mixed Case"."Table One" ("Full Name", lower("select"));
COMMENT ON TABLE "Mixed Case"."Table One" IS E'several\nlines; and a "quote''s" \\. end';
COMMENT ON COLUMN public."line
break"."column
break" IS '--';
