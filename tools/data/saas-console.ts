import { prose } from './phrases.js';
import type { SeededDatabase } from './seeded-database.js';
import { pick, randomUuid, someMoment } from './sql.js';

/** The console's accounts and their bills. A unit is a user; a fifth of them start an organization. */
export const saasConsole: SeededDatabase = {
  name: 'saas_console',
  owner: 'console',
  share: 0.02,
  bytesPerUnit: 812,
  schema: `
    CREATE TYPE plan AS ENUM ('free', 'team', 'business', 'enterprise');
    CREATE SEQUENCE invoice_numbers START 100000 INCREMENT 7;
    CREATE TABLE organizations (
      id bigserial PRIMARY KEY, name text NOT NULL, slug text NOT NULL, settings jsonb NOT NULL DEFAULT '{}',
      created_at timestamptz NOT NULL);
    CREATE TABLE users (
      id bigserial PRIMARY KEY, organization_id bigint NOT NULL, email text NOT NULL, full_name text,
      password_hash text NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
    CREATE TABLE subscriptions (
      id bigserial PRIMARY KEY, organization_id bigint NOT NULL, plan plan NOT NULL, seats int NOT NULL,
      valid_during tstzrange NOT NULL, cancelled boolean NOT NULL DEFAULT false);
    CREATE TABLE invoices (
      number bigint PRIMARY KEY DEFAULT nextval('invoice_numbers'), organization_id bigint NOT NULL,
      issued_on date NOT NULL, amount numeric(12, 2) NOT NULL, tax numeric(12, 2) NOT NULL,
      total numeric(12, 2) GENERATED ALWAYS AS (amount + tax) STORED, lines jsonb NOT NULL);
    ALTER SEQUENCE invoice_numbers OWNED BY invoices.number;
    CREATE TABLE sessions (
      token uuid PRIMARY KEY, user_id bigint NOT NULL, address inet, user_agent text, expires_at timestamptz NOT NULL);`,
  loads: [
    `INSERT INTO organizations
     SELECT n / 5, ${pick(['Nordwind', 'Acme', 'Lumen', 'Papaya', 'Quarry'])} || ' ' || n / 5, 'org-' || n / 5,
       jsonb_build_object('locale', ${pick(['de', 'en', 'fr', 'pt'])}, 'about', ${prose('1 + n % 3')}), ${someMoment}
     FROM generate_series($1::bigint, $2::bigint) AS n WHERE n % 5 = 0`,
    `INSERT INTO users
     SELECT n, n / 5, 'user' || n || '@example.com', initcap(${pick(['ana', 'björn', 'chen', 'dilan', 'esra', 'zoë'])}) || ' ' || n,
       '$2b$12$' || md5(random()::text), born, born
     FROM (SELECT n, ${someMoment} AS born FROM generate_series($1::bigint, $2::bigint) AS n) AS each`,
    `INSERT INTO subscriptions
     SELECT n / 5, n / 5, (enum_range(NULL::plan))[1 + floor(random() * 4)::int], 1 + n % 200,
       tstzrange(${someMoment}, NULL), n % 13 = 0
     FROM generate_series($1::bigint, $2::bigint) AS n WHERE n % 5 = 0`,
    `INSERT INTO invoices (number, organization_id, issued_on, amount, tax, lines)
     SELECT 100000 + 7 * n, n / 5, ${someMoment}::date, amount, round(amount * 0.19, 2),
       jsonb_build_array(jsonb_build_object('item', 'seats', 'quantity', 1 + n % 200, 'note', ${prose('1 + n % 3')}))
     FROM (SELECT n, round((random() * 2000)::numeric, 2) AS amount
           FROM generate_series($1::bigint, $2::bigint) AS n) AS each`,
    `INSERT INTO sessions
     SELECT ${randomUuid}, n, '10.1.0.0'::inet + floor(random() * 65536)::int,
       'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/' || 100 + n % 40, ${someMoment}
     FROM generate_series($1::bigint, $2::bigint) AS n, generate_series(0, 1)`,
  ],
  finish: `
    SELECT setval('organizations_id_seq', max(id)), setval('subscriptions_id_seq', max(id)) FROM subscriptions;
    SELECT setval('users_id_seq', max(id)) FROM users;
    SELECT setval('invoice_numbers', max(number)) FROM invoices;
    CREATE UNIQUE INDEX ON users (lower(email));
    CREATE UNIQUE INDEX ON organizations (slug);
    CREATE INDEX ON invoices (organization_id, issued_on);
    ALTER TABLE users ADD FOREIGN KEY (organization_id) REFERENCES organizations;
    ALTER TABLE subscriptions ADD FOREIGN KEY (organization_id) REFERENCES organizations;
    ALTER TABLE invoices ADD FOREIGN KEY (organization_id) REFERENCES organizations;
    ALTER TABLE sessions ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE;
    CREATE VIEW active_subscriptions AS
      SELECT o.slug, s.plan, s.seats FROM subscriptions s JOIN organizations o ON o.id = s.organization_id
      WHERE NOT s.cancelled;
    CREATE MATERIALIZED VIEW monthly_revenue AS
      SELECT date_trunc('month', issued_on)::date AS month, count(*) AS invoices, sum(total) AS revenue
      FROM invoices GROUP BY 1;
    CREATE UNIQUE INDEX ON monthly_revenue (month);
    CREATE FUNCTION touch_updated_at() RETURNS trigger AS $$
    BEGIN
      NEW.updated_at := now();
      RETURN NEW;
    END $$ LANGUAGE plpgsql;
    CREATE TRIGGER users_touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch_updated_at();`,
};
