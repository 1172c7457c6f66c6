import fc from 'fast-check';
import { expect, it } from 'vitest';
import { duration } from '../../src/config/duration.js';

const seconds = { s: 1, m: 60, h: 3600, d: 86_400 };

it('is read as seconds', () => {
  fc.assert(
    fc.property(fc.nat(100_000), fc.constantFrom('s', 'm', 'h', 'd'), (count, unit) => {
      expect(duration.parse(`${count}${unit}`)).toBe(count * seconds[unit]);
    }),
  );
});

it.each(['', '5', 'm', '5 m', '5M', '1h30m', '-5s', '1.5h', ' 5s', '5s\n', '५s'])('is not %j', (text) => {
  expect(duration.safeParse(text).success).toBe(false);
});
