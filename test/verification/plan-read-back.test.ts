import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nameReadable, planReadBack, type Readable } from '../../src/verification/plan-read-back.js';

const DAY = 86_400_000;
const start = new Date('2026-01-01T06:00:00Z');
const onDay = (day: number) => new Date(start.getTime() + day * DAY);

const object = (key: string, bytes: number, storedAt = onDay(-1)): Readable => ({
  store: 'one',
  key,
  bytes,
  storedAt,
});

const request = (objects: Readable[], over: Partial<Parameters<typeof planReadBack>[0]> = {}) => ({
  objects,
  lastReads: new Map<string, Date>(),
  damaged: new Set<string>(),
  days: 10,
  begunAt: start,
  now: start,
  ...over,
});

test('those come first that are unread for longest, until the share of a day is full', () => {
  const objects = [object('a', 50, onDay(-3)), object('b', 50, onDay(-5)), object('c', 900, onDay(-1))];
  const lastReads = new Map([[nameReadable(objects[1]!), onDay(-2)]]);
  expect(planReadBack(request(objects)).map(({ key }) => key)).toEqual(['b', 'a']);
  expect(planReadBack(request(objects, { lastReads })).map(({ key }) => key)).toEqual(['a', 'b']);
});

test('what was damaged is read every time, beside the share', () => {
  const objects = [object('a', 10, onDay(-3)), object('b', 10, onDay(-2)), object('broken', 500)];
  const damaged = new Set([nameReadable(objects[2]!)]);
  expect(planReadBack(request(objects, { damaged })).map(({ key }) => key)).toEqual(['broken', 'a']);
});

test('what has waited for too long is made up for by twice the share, and only then', () => {
  const objects = [object('a', 10, onDay(-90)), object('b', 10, onDay(-90)), object('c', 10, onDay(-90))];
  const plan = (now: Date) => planReadBack(request(objects, { days: 3, now })).map(({ key }) => key);
  expect(plan(onDay(0))).toEqual(['a']);
  expect(plan(onDay(5))).toEqual(['a', 'b']);
});

test('whatever is stored, everything is read within so many days, and no day has much more than another', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 12 }),
      (sizes, days) => {
        const objects = sizes.map((bytes, index) => object(`k${index}`, bytes));
        const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
        const largest = Math.max(...sizes);
        const lastReads = new Map<string, Date>();
        for (let day = 0; day < 3 * days; day++) {
          const portion = planReadBack(request(objects, { lastReads, days, now: onDay(day) }));
          expect(portion.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(total / days + largest);
          for (const read of portion) lastReads.set(nameReadable(read), onDay(day));
          if (day >= days - 1)
            for (const one of objects)
              expect(onDay(day).getTime() - lastReads.get(nameReadable(one))!.getTime()).toBeLessThanOrEqual(
                (days - 1) * DAY,
              );
        }
      },
    ),
    { numRuns: 50 },
  );
});
