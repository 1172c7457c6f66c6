import { pick, words } from './sql.js';

const subjects = words(
  `invoice report customer deployment pipeline schedule approval ticket request summary contract shipment payment
   forecast budget incident dataset migration backup refund meeting supplier campaign alert release review policy
   cluster index password agent workflow prompt model token embedding document spreadsheet mailbox calendar webhook
   endpoint queue worker container gateway certificate dashboard transcript translation warehouse`,
);
const qualities = words(
  `late nightly internal monthly careful pending failed recent large partial regional external duplicate signed
   archived expired premium stale urgent verified empty quarterly confidential provisional automated manual broken
   encrypted public optional`,
);
const actions = words(
  `describes replaces needs blocks mentions updates precedes confirms supports requires explains covers contains
   delays improves rejects follows collects compares reopens repeats closes assigns archives translates summarises
   escalates schedules validates merges retries cancels forwards approves inspects rebuilds`,
);
const links = words(
  `for after before without about with from against during under beside within because despite`,
);
const determiners = words(`the this every that any one another our their each`);
const places = words(
  `Berlin Lisbon Osaka Toronto Nairobi Zürich Malmö Lyon Austin Mumbai Seoul Quito Oslo Perth Kraków Dublin`,
);

/** How many phrases there are: more than the 2 MiB that `zstd -3` looks back on. */
const phraseCount = 30_000;

/**
 * Makes the table of phrases from which all prose is put together, because joining a few phrases is ten times as fast
 * as joining many words. Two short sentences each, some with a number or a place.
 */
export const createPhrases = `
  CREATE SCHEMA seeding;
  CREATE TABLE seeding.phrases (id int PRIMARY KEY, body text NOT NULL);
  GRANT USAGE ON SCHEMA seeding TO PUBLIC;
  GRANT SELECT ON seeding.phrases TO PUBLIC;
  SELECT setseed(0.42);
  INSERT INTO seeding.phrases
  SELECT n, concat_ws(' ',
    initcap(${pick(determiners)}), ${pick(qualities)}, ${pick(subjects)}, ${pick(actions)},
    ${pick(determiners)}, ${pick(subjects)}, ${pick(links)}, ${pick(subjects)} || '.',
    CASE n % 3 WHEN 0 THEN 'In ' || ${pick(places)} ELSE 'Then' END,
    ${pick(determiners)}, ${pick(subjects)}, ${pick(actions)},
    CASE n % 4 WHEN 0 THEN floor(random() * 9000 + 3)::text ELSE ${pick(determiners)} || ' ' || ${pick(qualities)} END,
    ${pick(subjects)} || '.')
  FROM generate_series(0, ${phraseCount - 1}) AS n;
  ANALYZE seeding.phrases;`;

/**
 * An SQL expression for a text of so many phrases, about 110 bytes each, other ones for each row. OFFSET 0 keeps
 * random() out of the join, so that PostgreSQL draws once per phrase and hashes the phrases once per statement.
 *
 * @param count an SQL expression that names a column of the row, or PostgreSQL computes one text for all rows
 */
export function prose(count: string): string {
  return `(SELECT string_agg(body, ' ') FROM (
    SELECT floor(random() * ${phraseCount})::int AS id FROM generate_series(1, ${count}) OFFSET 0
  ) AS drawn JOIN seeding.phrases USING (id))`;
}
