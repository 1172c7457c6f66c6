CREATE TABLE "Größen" ("Maß" text, preis text);
INSERT INTO "Größen" VALUES ('Übermaß', '5 £'), ('ÿ', '½'), (E'\x80', NULL);
CREATE FUNCTION "grüße"() RETURNS text LANGUAGE sql AS $$ SELECT 'schöne Grüße' $$;
COMMENT ON TABLE "Größen" IS 'Größen in Zoll; ''ß''';
