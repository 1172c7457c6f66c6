CREATE TABLE words (word text PRIMARY KEY);
INSERT INTO words VALUES ('Ärger'), ('Arm'), ('Zebra'), ('zahm'), ('Öl'), ('straße'), ('strasse');
CREATE COLLATION "ignore case" (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE unique_words (word text COLLATE "ignore case" UNIQUE);
INSERT INTO unique_words VALUES ('Hello'), ('World');
CREATE TABLE by_word (word text COLLATE "de-x-icu") PARTITION BY RANGE (word);
CREATE TABLE by_word_a PARTITION OF by_word FOR VALUES FROM (MINVALUE) TO ('m');
CREATE TABLE by_word_z PARTITION OF by_word FOR VALUES FROM ('m') TO (MAXVALUE);
INSERT INTO by_word SELECT word FROM words;
