CREATE SCHEMA vault AUTHORIZATION "Awkward Owner";
CREATE TABLE vault.secrets (id int PRIMARY KEY, owner name NOT NULL, body text, hint text);
INSERT INTO vault.secrets SELECT n, CASE WHEN n % 2 = 0 THEN 'awkward-reader' ELSE 'postgres' END, 'body', 'hint'
FROM generate_series(1, 60) AS n;
ALTER TABLE vault.secrets OWNER TO "Awkward Owner";
ALTER TABLE vault.secrets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "own; rows" ON vault.secrets USING (owner = current_user) WITH CHECK (body IS NOT NULL);
CREATE POLICY nobody_deletes ON vault.secrets AS RESTRICTIVE FOR DELETE TO "awkward-reader" USING (false);
-- No policy at all: its owner sees no row, and neither does a dump made by its owner.
CREATE TABLE vault.hidden (id int);
INSERT INTO vault.hidden VALUES (1), (2), (3);
ALTER TABLE vault.hidden OWNER TO "Awkward Owner";
ALTER TABLE vault.hidden ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

GRANT USAGE ON SCHEMA vault TO "awkward-reader", "awkward""quote" WITH GRANT OPTION;
GRANT SELECT (id, hint), UPDATE (hint) ON vault.secrets TO "awkward-reader";
SET ROLE "Awkward Owner";
GRANT SELECT ON vault.hidden TO "awkward""quote" WITH GRANT OPTION;
SET ROLE "awkward""quote";
GRANT SELECT ON vault.hidden TO "awkward-reader";
RESET ROLE;
CREATE FUNCTION vault.peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = vault, pg_temp
  AS 'SELECT count(*) FROM secrets';
REVOKE ALL ON FUNCTION vault.peek() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.peek() TO "awkward-reader";
CREATE TYPE vault.level AS ENUM ('low', 'high');
REVOKE USAGE ON TYPE vault.level FROM PUBLIC;
GRANT USAGE ON TYPE vault.level TO "awkward-reader";
CREATE SEQUENCE vault.numbers;
ALTER SEQUENCE vault.numbers OWNER TO "Awkward Owner";
GRANT USAGE, SELECT ON SEQUENCE vault.numbers TO "awkward-reader";
GRANT SELECT ON pg_catalog.pg_authid TO "awkward-reader";
ALTER DEFAULT PRIVILEGES FOR ROLE "Awkward Owner" IN SCHEMA vault GRANT SELECT ON TABLES TO "awkward-reader";
ALTER DEFAULT PRIVILEGES FOR ROLE "Awkward Owner" REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
