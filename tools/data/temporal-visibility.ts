import { prose } from './phrases.js';
import type { SeededDatabase } from './seeded-database.js';
import { pick, someMoment, uuidOf } from './sql.js';

/**
 * What Temporal's lists and searches read, after its PostgreSQL schema
 * (github.com/temporalio/temporal, schema/postgresql/v12/visibility): search attributes as generated columns.
 * A unit is a workflow execution.
 */
export const temporalVisibility: SeededDatabase = {
  name: 'temporal_visibility',
  owner: 'temporal',
  share: 0.025,
  bytesPerUnit: 860,
  schema: `
    CREATE FUNCTION convert_ts(s varchar) RETURNS timestamp AS $$
    BEGIN
      RETURN s::timestamptz AT TIME ZONE 'UTC';
    END $$ LANGUAGE plpgsql IMMUTABLE RETURNS NULL ON NULL INPUT;
    CREATE TABLE executions_visibility (
      namespace_id char(64) NOT NULL, run_id char(64) NOT NULL, start_time timestamp NOT NULL,
      execution_time timestamp NOT NULL, workflow_id varchar(255) NOT NULL, workflow_type_name varchar(255) NOT NULL,
      status int NOT NULL, close_time timestamp, history_length bigint, history_size_bytes bigint,
      execution_duration bigint, memo bytea, encoding varchar(64) NOT NULL,
      task_queue varchar(255) NOT NULL DEFAULT '', search_attributes jsonb,
      BuildIds jsonb GENERATED ALWAYS AS (search_attributes -> 'BuildIds') STORED,
      TemporalScheduledById varchar(255) GENERATED ALWAYS AS (search_attributes ->> 'TemporalScheduledById') STORED,
      TemporalScheduledStartTime timestamp
        GENERATED ALWAYS AS (convert_ts(search_attributes ->> 'TemporalScheduledStartTime')) STORED,
      Keyword01 varchar(255) GENERATED ALWAYS AS (search_attributes ->> 'Keyword01') STORED,
      Int01 bigint GENERATED ALWAYS AS ((search_attributes -> 'Int01')::bigint) STORED,
      Text01 tsvector GENERATED ALWAYS AS ((search_attributes ->> 'Text01')::tsvector) STORED);
    CREATE TABLE custom_search_attributes (
      namespace_id char(64) NOT NULL, run_id char(64) NOT NULL, version bigint NOT NULL, search_attributes jsonb,
      PRIMARY KEY (namespace_id, run_id));`,
  loads: [
    `INSERT INTO executions_visibility
     SELECT ${uuidOf('namespace', 'n % 3')}, ${uuidOf('run', 'n')}, started, started, 'agent-task-' || n,
       ${pick(['agentTask', 'approvalFlow', 'nightlyReport', 'ingestDocuments'])}, 2 + n % 3, started + interval '90 s',
       12 + n % 90, floor(random() * 90000), floor(random() * 9e10),
       convert_to(jsonb_build_object('note', ${prose('1 + n % 2')})::text, 'UTF8'), 'json/plain', 'agents-' || n % 12,
       jsonb_build_object('BuildIds', jsonb_build_array('unversioned:' || n % 30), 'Keyword01', md5(random()::text),
         'Int01', floor(random() * 100000), 'TemporalScheduledById', 'schedule-' || n % 20,
         'TemporalScheduledStartTime', started::timestamp(0)::text || '+00', 'Text01', 'agent task run')
     FROM (SELECT n, ${someMoment} AT TIME ZONE 'UTC' AS started FROM generate_series($1::bigint, $2::bigint) AS n) AS each`,
  ],
  finish: `
    ALTER TABLE executions_visibility ADD PRIMARY KEY (namespace_id, run_id);
    CREATE INDEX default_idx ON executions_visibility
      (namespace_id, (coalesce(close_time, '9999-12-31 23:59:59')) DESC, start_time DESC, run_id);
    CREATE INDEX by_keyword_01 ON executions_visibility (namespace_id, Keyword01);
    CREATE INDEX by_build_ids ON executions_visibility USING gin (BuildIds jsonb_path_ops);`,
};
