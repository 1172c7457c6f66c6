import fc from 'fast-check';

const NIGHTS = 1826;
const HOUR = 3_600_000;

/** Five years of a nightly schedule and what befell it; kept small so that fast-check can shrink it. */
export interface FiveYears {
  /** The first night, 00:00 UTC; the leap days of 2024 and 2028 lie within most choices. */
  firstDay: Date;
  /** The schedule's time of day, in hours. */
  hour: number;
  /** Whether the schedule follows Central European clocks, summer time included, instead of UTC. */
  followsSummerTime: boolean;
  /** Nights without a backup, single ones and runs of up to months. */
  gaps: { night: number; length: number }[];
  /** Nights whose backup came late, by up to a day and a half: past midnight, after the next one's time. */
  late: { night: number; hours: number }[];
  /** Backups that somebody started by hand, hours after the night began. */
  extra: { night: number; hours: number }[];
  /** Whether a prune follows the run with this number. */
  prunesAfter: (run: number) => boolean;
}

const night = fc.nat({ max: NIGHTS - 1 });
const hours = fc.double({ min: 0, max: 36, noNaN: true });
const onNight = fc.array(fc.record({ night, hours }), { maxLength: 300, size: 'max' });

export const fiveYears: fc.Arbitrary<FiveYears> = fc.record({
  firstDay: fc
    .nat({ max: 400 })
    .map((days) => new Date(Date.parse('2023-12-25T00:00:00Z') + days * 24 * HOUR)),
  hour: fc.constantFrom(0, 2, 2.5, 13, 23.75),
  followsSummerTime: fc.boolean(),
  gaps: fc.array(
    fc.record({ night, length: fc.oneof(fc.constant(1), fc.nat({ max: 21 }), fc.nat({ max: 120 })) }),
    { maxLength: 40, size: 'max' },
  ),
  late: onNight,
  extra: onNight,
  prunesAfter: fc.oneof(
    fc.constant(() => true),
    fc.integer({ min: 2, max: 90 }).map((every) => (run: number) => run % every === 0),
    fc.func(fc.boolean()).map((decide) => (run: number) => decide(run)),
  ),
});

/** Moves a UTC time of day to the same time on Central European clocks. */
function onCentralEuropeanClock(time: number): number {
  const year = new Date(time).getUTCFullYear();
  const lastSunday = (month: number) => {
    const end = new Date(Date.UTC(year, month + 1, 0, 1));
    return end.getTime() - end.getUTCDay() * 24 * HOUR;
  };
  const isSummer = time >= lastSunday(2) && time < lastSunday(9);
  return time - (isSummer ? 2 : 1) * HOUR;
}

/** The moments of all backups of a scenario, oldest first, no two in the same second. */
export function runsOf(scenario: FiveYears): Date[] {
  const missing = new Set(
    scenario.gaps.flatMap(({ night, length }) => Array.from({ length }, (_, offset) => night + offset)),
  );
  const delays = new Map(scenario.late.map(({ night, hours }) => [night, hours]));
  const atNight = (night: number, delay: number) => {
    const time = scenario.firstDay.getTime() + (night * 24 + scenario.hour) * HOUR;
    return (scenario.followsSummerTime ? onCentralEuropeanClock(time) : time) + delay * HOUR;
  };
  const scheduled = Array.from({ length: NIGHTS }, (_, night) => night)
    .filter((night) => !missing.has(night))
    .map((night) => atNight(night, delays.get(night) ?? 0));
  const byHand = scenario.extra.map(({ night, hours }) => atNight(night, hours));
  const seconds = new Set([...scheduled, ...byHand].map((time) => Math.floor(time / 1000)));
  return [...seconds].sort((one, other) => one - other).map((second) => new Date(second * 1000));
}
