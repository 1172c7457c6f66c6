-- TempoNest's databases for the try-out, with a little in each. Temporal makes its own two.
CREATE DATABASE agentic;
CREATE DATABASE approvals;
CREATE DATABASE langfuse;
CREATE DATABASE saas_console;

\connect agentic
CREATE TABLE agents (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
INSERT INTO agents (name) SELECT 'agent ' || n FROM generate_series(1, 20) AS n;

\connect approvals
CREATE TABLE approval_requests (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  task_description text NOT NULL,
  status text NOT NULL DEFAULT 'pending'
);
INSERT INTO approval_requests (task_description) SELECT 'task ' || n FROM generate_series(1, 100) AS n;

\connect langfuse
CREATE TABLE traces (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), body jsonb NOT NULL);
INSERT INTO traces (body)
  SELECT jsonb_build_object('model', 'small', 'tokens', n, 'output', repeat('word ', 50))
  FROM generate_series(1, 20000) AS n;

\connect saas_console
CREATE TABLE accounts (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE);
INSERT INTO accounts (email) SELECT 'user' || n || '@temponest.example' FROM generate_series(1, 50) AS n;
