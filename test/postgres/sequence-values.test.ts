import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseSetvals } from '../../src/postgres/sequence-values.js';

const name = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom("'", '"', '\\', '.', '\n', ' ', ',', '(', 'ü', "setval('x', 1, true);", 'E'),
      fc.string({ minLength: 1, maxLength: 3 }),
    ),
    minLength: 1,
  })
  .filter((text) => !text.includes('\0'));
const sequence = fc.record({
  schema: name,
  name,
  lastValue: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  isCalled: fc.boolean(),
});
type Sequence = typeof sequence extends fc.Arbitrary<infer S> ? S : never;

const quote = (text: string) => (/^[a-z_][a-z0-9_]*$/.test(text) ? text : `"${text.replaceAll('"', '""')}"`);

/** As pg_dump writes it: fmtQualifiedId, then appendStringLiteral, below a comment with the name on one line. */
function write(sequence: Sequence, standardStrings: boolean): string {
  const qualified = `${quote(sequence.schema)}.${quote(sequence.name)}`;
  const literal = qualified.replaceAll("'", "''");
  const written = standardStrings ? literal : literal.replaceAll('\\', '\\\\');
  const comment = `--\n-- Name: ${sequence.name.replaceAll('\n', ' ')}; Type: SEQUENCE SET; Schema: public; Owner: -\n--\n`;
  return `${comment}\nSELECT pg_catalog.setval('${written}', ${sequence.lastValue}, ${sequence.isCalled});\n\n\n`;
}

it.each([true, false])('is read whatever the names are, with standard_conforming_strings %s', (standard) => {
  fc.assert(
    fc.property(fc.array(sequence, { maxLength: 5 }), (sequences) => {
      const head = `SET client_encoding = 'UTF8';\nSET standard_conforming_strings = ${standard ? 'on' : 'off'};\n\n`;
      const sql = head + sequences.map((each) => write(each, standard)).join('');
      expect(parseSetvals(sql)).toEqual(sequences);
    }),
    { numRuns: 300 },
  );
});

it('is nothing where nothing is set', () => {
  expect(parseSetvals('')).toEqual([]);
  expect(parseSetvals("-- setval('public.a', 1, true)\nSELECT 1;\n")).toEqual([]);
});
