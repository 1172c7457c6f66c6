-- No encoding at all: the bytes are whatever some client once sent, here LATIN1, UTF-8 and neither.
CREATE TABLE bytes_as_text (id int, body text);
INSERT INTO bytes_as_text VALUES (1, E'\xfc'), (2, 'ü'), (3, E'\xff\xfe\x80'), (4, 'plain');
