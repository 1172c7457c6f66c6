import { expect, it } from 'vitest';
import { formatMoment, parseMoment, toMoment } from '../../src/model/moment.js';

it.each([
  ['2026-03-04T14:29:00Z', '2026-03-04T14:29:00Z'],
  ['2026-03-04T15:29:00+01:00', '2026-03-04T14:29:00Z'],
  ['2026-03-04T14:29Z', '2026-03-04T14:29:00Z'],
  ['2026-03-04T14:29:00.5Z', '2026-03-04T14:29:00.500000Z'],
  ['2026-03-04T14:29:00.123456789Z', '2026-03-04T14:29:00.123456Z'],
  ['2026-03-04 14:29:00.000001+00', '2026-03-04T14:29:00.000001Z'],
  ['1969-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.999999Z'],
])('reads %s to the microsecond', (text, expected) => {
  expect(formatMoment(parseMoment(text)!)).toBe(expected);
});

it.each(['2026-03-04T14:29:00', '14:29', 'yesterday', '2026-13-04T14:29:00Z'])(
  'takes %s for none',
  (text) => {
    expect(parseMoment(text)).toBeUndefined();
  },
);

it('orders what a Date cannot tell apart', () => {
  const [earlier, later] = ['2026-03-04T14:29:00.123456Z', '2026-03-04T14:29:00.123457Z'].map(parseMoment);
  expect(earlier! < later!).toBe(true);
  expect(toMoment(new Date('2026-03-04T14:29:00.123Z'))).toBe(parseMoment('2026-03-04T14:29:00.123Z'));
});
