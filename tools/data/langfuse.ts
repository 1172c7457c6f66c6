import { prose } from './phrases.js';
import type { SeededDatabase } from './seeded-database.js';
import { pick, randomUuid, someMoment, uuidOf } from './sql.js';

const project = (number: string): string => `'project-' || (${number}) % 12`;
const trace = uuidOf('trace', 'n');
const observation = uuidOf('observation', `n * 8 + k`);
const message = (role: string, count: string): string =>
  `jsonb_build_object('role', '${role}', 'content', ${prose(count)})`;

/** Traces of language models: mostly JSON, by far the biggest of the databases. A unit is a trace. */
export const langfuse: SeededDatabase = {
  name: 'langfuse',
  owner: 'langfuse',
  share: 0.75,
  bytesPerUnit: 12_330,
  schema: `
    CREATE TYPE "ObservationType" AS ENUM ('SPAN', 'EVENT', 'GENERATION');
    CREATE TYPE "ObservationLevel" AS ENUM ('DEBUG', 'DEFAULT', 'WARNING', 'ERROR');
    CREATE TYPE "ScoreSource" AS ENUM ('ANNOTATION', 'API', 'EVAL');
    CREATE TABLE projects (
      id text PRIMARY KEY, name text NOT NULL UNIQUE, created_at timestamptz NOT NULL, retention_days int);
    CREATE TABLE traces (
      id uuid PRIMARY KEY, project_id text NOT NULL, "timestamp" timestamptz NOT NULL, name text, user_id text,
      session_id text, release text, tags text[] NOT NULL DEFAULT '{}', bookmarked boolean NOT NULL DEFAULT false,
      metadata jsonb, input jsonb, output jsonb);
    CREATE TABLE observations (
      id uuid PRIMARY KEY, trace_id uuid NOT NULL, project_id text NOT NULL, parent_observation_id uuid,
      type "ObservationType" NOT NULL, level "ObservationLevel" NOT NULL DEFAULT 'DEFAULT', name text,
      start_time timestamptz NOT NULL, end_time timestamptz, model text, "modelParameters" jsonb,
      prompt_tokens int NOT NULL, completion_tokens int NOT NULL, calculated_cost numeric(12, 8),
      input jsonb, output jsonb);
    CREATE TABLE scores (
      id uuid PRIMARY KEY, trace_id uuid NOT NULL, observation_id uuid, "timestamp" timestamptz NOT NULL,
      name text NOT NULL, source "ScoreSource" NOT NULL, value double precision NOT NULL, comment text);
    INSERT INTO projects
    SELECT ${project('n')}, initcap(${pick(['support', 'billing', 'research', 'sales'])}) || ' agents ' || n,
      ${someMoment}, 30 * (1 + n % 4) FROM generate_series(0, 11) AS n;`,
  loads: [
    `INSERT INTO traces
     SELECT ${trace}, ${project('n')}, ${someMoment}, ${pick(['chat', 'plan', 'summarise', 'triage', 'extract'])},
       'user-' || floor(random() * 5000), md5(random()::text), 'v1.' || n % 40, ARRAY['production', 'team-' || n % 9],
       n % 50 = 0, jsonb_build_object('environment', 'production', 'request_id', ${randomUuid},
         'latency_ms', floor(random() * 20000), 'temperature', round(random()::numeric, 3)),
       jsonb_build_object('messages', jsonb_build_array(${message('user', '1 + n % 7')})),
       ${message('assistant', '2 + n % 8')}
     FROM generate_series($1::bigint, $2::bigint) AS n`,
    // Every fortieth carries a whole document, which PostgreSQL stores out of line.
    `INSERT INTO observations
     SELECT ${observation}, ${trace}, ${project('n')}, CASE WHEN k > 0 THEN ${uuidOf('observation', 'n * 8')} END,
       (CASE k % 3 WHEN 0 THEN 'GENERATION' WHEN 1 THEN 'SPAN' ELSE 'EVENT' END)::"ObservationType",
       (CASE WHEN random() < 0.03 THEN 'ERROR' ELSE 'DEFAULT' END)::"ObservationLevel",
       ${pick(['llm', 'retrieve', 'tool-call', 'rerank', 'guardrail'])}, began, began + random() * interval '30 s',
       ${pick(['claude-sonnet', 'gpt-4o', 'mistral-large', 'llama-3-70b'])},
       jsonb_build_object('temperature', round(random()::numeric, 2), 'max_tokens', 256 * (1 + n % 16)),
       floor(random() * 8000), floor(random() * 2000), random() / 10,
       jsonb_build_array(
         ${message('system', '1 + k')},
         ${message('user', 'CASE WHEN (n + k) % 40 = 0 THEN 120 ELSE 3 + (n + k) % 5 END')}),
       jsonb_build_object('id', ${randomUuid}, 'finish_reason', 'stop', 'logprob', -random(),
         'content', ${prose('2 + (n + k) % 6')})
     FROM (SELECT n, k, ${someMoment} AS began
           FROM generate_series($1::bigint, $2::bigint) AS n, generate_series(0, 4) AS k) AS each`,
    `INSERT INTO scores
     SELECT ${uuidOf('score', 'n')}, ${trace}, ${uuidOf('observation', 'n * 8 + n % 5')}, ${someMoment},
       ${pick(['helpfulness', 'toxicity', 'groundedness', 'user-feedback'])},
       (${pick(['ANNOTATION', 'API', 'EVAL'])})::"ScoreSource", random(),
       CASE WHEN n % 4 = 0 THEN ${prose('1 + n % 2')} END
     FROM generate_series($1::bigint, $2::bigint) AS n`,
  ],
  finish: `
    CREATE INDEX ON traces (project_id, "timestamp");
    CREATE INDEX ON traces (session_id);
    CREATE INDEX ON observations (trace_id);
    CREATE INDEX ON observations (project_id, start_time);
    CREATE INDEX ON scores (trace_id);
    ALTER TABLE traces ADD FOREIGN KEY (project_id) REFERENCES projects;
    ALTER TABLE observations ADD FOREIGN KEY (trace_id) REFERENCES traces ON DELETE CASCADE;
    ALTER TABLE scores ADD FOREIGN KEY (trace_id) REFERENCES traces ON DELETE CASCADE;`,
};
