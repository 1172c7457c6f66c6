import { prose } from './phrases.js';
import type { SeededDatabase } from './seeded-database.js';
import { pick, randomUuid } from './sql.js';

const idOf = (kind: string, number: string): string => `decode(md5('${kind}' || (${number})), 'hex')`;
const namespaceId = idOf('namespace', 'n % 3');

/** Resembles a protobuf message: an id, a name, a payload. */
const blob = (count: string): string =>
  `decode('0a10' || md5(random()::text) || '1a' || to_hex(16 + (n % 200)::int), 'hex') || convert_to(
    '{"metadata":{"encoding":"json/plain"},"data":"' || ${prose(count)} || '"}', 'UTF8')`;

/**
 * Temporal's own state, in the tables and names of its PostgreSQL schema
 * (github.com/temporalio/temporal, schema/postgresql/v12/temporal). A unit is a workflow execution.
 */
export const temporal: SeededDatabase = {
  name: 'temporal',
  owner: 'temporal',
  share: 0.1,
  bytesPerUnit: 6_410,
  schema: `
    CREATE TABLE namespaces (
      partition_id int NOT NULL, id bytea NOT NULL, name varchar(255) NOT NULL UNIQUE,
      notification_version bigint NOT NULL, data bytea NOT NULL, data_encoding varchar(16) NOT NULL,
      is_global boolean NOT NULL, PRIMARY KEY (partition_id, id));
    CREATE TABLE shards (
      shard_id int PRIMARY KEY, range_id bigint NOT NULL, data bytea NOT NULL, data_encoding varchar(16) NOT NULL);
    CREATE TABLE executions (
      shard_id int NOT NULL, namespace_id bytea NOT NULL, workflow_id varchar(255) NOT NULL, run_id bytea NOT NULL,
      next_event_id bigint NOT NULL, last_write_version bigint NOT NULL, data bytea NOT NULL,
      data_encoding varchar(16) NOT NULL, state bytea NOT NULL, state_encoding varchar(16) NOT NULL,
      db_record_version bigint NOT NULL DEFAULT 0);
    CREATE TABLE current_executions (
      shard_id int NOT NULL, namespace_id bytea NOT NULL, workflow_id varchar(255) NOT NULL, run_id bytea NOT NULL,
      create_request_id varchar(255) NOT NULL, state int NOT NULL, status int NOT NULL,
      start_version bigint NOT NULL DEFAULT 0, last_write_version bigint NOT NULL);
    CREATE TABLE history_node (
      shard_id int NOT NULL, tree_id bytea NOT NULL, branch_id bytea NOT NULL, node_id bigint NOT NULL,
      txn_id bigint NOT NULL, data bytea NOT NULL, data_encoding varchar(16) NOT NULL,
      prev_txn_id bigint NOT NULL DEFAULT 0);
    CREATE TABLE history_tree (
      shard_id int NOT NULL, tree_id bytea NOT NULL, branch_id bytea NOT NULL, data bytea NOT NULL,
      data_encoding varchar(16) NOT NULL);
    CREATE TABLE task_queues (
      range_hash bigint NOT NULL, task_queue_id bytea NOT NULL, range_id bigint NOT NULL, data bytea NOT NULL,
      data_encoding varchar(16) NOT NULL, PRIMARY KEY (range_hash, task_queue_id));
    CREATE TABLE buffered_events (
      shard_id int NOT NULL, namespace_id bytea NOT NULL, workflow_id varchar(255) NOT NULL, run_id bytea NOT NULL,
      id bigserial NOT NULL UNIQUE, data bytea NOT NULL, data_encoding varchar(16) NOT NULL,
      PRIMARY KEY (shard_id, namespace_id, workflow_id, run_id, id));
    CREATE TABLE schema_version (
      version_partition int NOT NULL, db_name varchar(255) NOT NULL, creation_time timestamp,
      curr_version varchar(64), min_compatible_version varchar(64), PRIMARY KEY (version_partition, db_name));
    INSERT INTO schema_version VALUES (0, 'temporal', '2025-01-01', '1.12', '1.0');
    INSERT INTO namespaces
    SELECT 54321, ${namespaceId}, ('{default,temporal-system,agents}'::text[])[n + 1], n, ${blob('n - n + 1')}, 'Proto3', false
    FROM generate_series(0, 2) AS n;
    INSERT INTO shards SELECT n, 1 + n % 7, ${blob('n - n + 1')}, 'Proto3' FROM generate_series(1, 512) AS n;
    INSERT INTO task_queues
    SELECT hashtext('queue' || n), convert_to('agents-' || n, 'UTF8'), n, ${blob('n - n + 1')}, 'Proto3'
    FROM generate_series(1, 12) AS n;`,
  loads: [
    `INSERT INTO executions
     SELECT 1 + n % 512, ${namespaceId}, 'agent-task-' || n, ${idOf('run', 'n')}, 12 + n % 90, 0, ${blob('1 + n % 6')}, 'Proto3',
       ${blob('n - n + 1')}, 'Proto3', n % 60
     FROM generate_series($1::bigint, $2::bigint) AS n`,
    `INSERT INTO current_executions
     SELECT 1 + n % 512, ${namespaceId}, 'agent-task-' || n, ${idOf('run', 'n')}, ${randomUuid}, 3,
       (${pick(['2', '2', '3', '5'])})::int, 0, 0
     FROM generate_series($1::bigint, $2::bigint) AS n`,
    `INSERT INTO history_tree
     SELECT 1 + n % 512, ${idOf('run', 'n')}, ${idOf('branch', 'n')}, ${blob('n - n + 1')}, 'Proto3'
     FROM generate_series($1::bigint, $2::bigint) AS n`,
    `INSERT INTO history_node
     SELECT 1 + n % 512, ${idOf('run', 'n')}, ${idOf('branch', 'n')}, 1 + k * 4, -n * 8 - k, ${blob('1 + (n + k) % 7')},
       'Proto3', -n * 8 - k + 1
     FROM generate_series($1::bigint, $2::bigint) AS n, generate_series(0, 3) AS k`,
  ],
  finish: `
    ALTER TABLE executions ADD PRIMARY KEY (shard_id, namespace_id, workflow_id, run_id);
    ALTER TABLE current_executions ADD PRIMARY KEY (shard_id, namespace_id, workflow_id);
    ALTER TABLE history_tree ADD PRIMARY KEY (shard_id, tree_id, branch_id);
    ALTER TABLE history_node ADD PRIMARY KEY (shard_id, tree_id, branch_id, node_id, txn_id);`,
};
