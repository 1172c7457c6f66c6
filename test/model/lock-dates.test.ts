import { describe, expect, it } from 'vitest';
import { wantedTimes } from '../../src/config/retention.js';
import { auditKey } from '../../src/model/audit.js';
import { artifactKey, drillReportKey, manifestKey, verificationKey } from '../../src/model/keys.js';
import { lockUntil, type WantedTimes } from '../../src/model/lock-dates.js';
import {
  baseArtifactKey,
  baseManifestKey,
  walDigestKey,
  walGapKey,
  walKey,
} from '../../src/model/physical-keys.js';
import { longestWantedUntil, wantedUntil } from '../../src/model/retention.js';
import { globalsOf, subjectOf } from '../support/seed-backup.js';

const policy = { daily: 7, weekly: 4, monthly: 12 };
const now = new Date('2026-05-10T12:00:00Z');
const day = (time: Date | undefined) => time?.toISOString().slice(0, 10);

describe('a backup is wanted', () => {
  // May 2026: the 3rd is its first Sunday.
  it.each([
    ['for days, of a weekday', '2026-05-06T02:00:00Z', '2026-05-13T02:00:00.000Z'],
    ['for weeks, of a Sunday', '2026-05-10T02:00:00Z', '2026-06-07T02:00:00.000Z'],
    ['for months, of the first Sunday', '2026-05-03T02:00:00Z', '2027-05-03T02:00:00.000Z'],
    ['for months, when the first day is one', '2026-02-01T02:00:00Z', '2027-02-01T02:00:00.000Z'],
  ])('%s', (_what, time, until) => {
    expect(wantedUntil(new Date(time), policy).toISOString()).toBe(until);
  });

  it('by the longest rule, whichever that is', () => {
    const firstSunday = new Date('2026-05-03T02:00:00Z');
    expect(day(wantedUntil(firstSunday, { daily: 40, weekly: 1, monthly: 1 }))).toBe('2026-06-12');
    expect(day(wantedUntil(firstSunday, { daily: 2, weekly: 0, monthly: 0 }))).toBe('2026-05-05');
  });
});

const cluster = { server: 'prod', systemIdentifier: '7000000000000000001' };
const segment = '000000010000000000000005';
const productionServer = {
  name: 'prod',
  databases: [{ name: 'app' }, { name: 'trial', environment: 'test' }],
};
const testServer = {
  name: 'trials',
  environment: 'test',
  databases: [{ name: 'real', environment: 'production' }],
};
const configuration = {
  retention: { ...policy, base: 4, test: { daily: 2, weekly: 0, monthly: 0, base: 1 } },
  servers: [productionServer, testServer],
  schedules: {},
} as unknown as Parameters<typeof wantedTimes>[0];
const wanted: WantedTimes = wantedTimes(configuration);
const until = (key: string, by = wanted) => day(lockUntil(key, by, now));

describe('an object is locked', () => {
  it('from the time in its id on, artifact and manifest alike', () => {
    const id = 'app_20260503_020000';
    expect(until(artifactKey(subjectOf('prod', 'app'), id, '.dump.tar.zst.gpg'))).toBe('2027-05-03');
    expect(until(manifestKey(subjectOf('prod', 'app'), id))).toBe('2027-05-03');
    expect(until(artifactKey(globalsOf('prod'), 'globals_20260506_020000', '.sql.zst'))).toBe('2026-05-13');
  });

  it('for a short time when it is of a test database or server', () => {
    expect(until(manifestKey(subjectOf('prod', 'trial'), 'trial_20260503_020000'))).toBe('2026-05-05');
    expect(until(manifestKey(subjectOf('trials', 'app'), 'app_20260503_020000'))).toBe('2026-05-05');
    expect(until(manifestKey(subjectOf('trials', 'real'), 'real_20260503_020000'))).toBe('2027-05-03');
    expect(until(baseManifestKey({ ...cluster, server: 'trials' }, 'base_20260503_010000'))).toBe(
      '2026-05-10',
    );
  });

  it('for as many intervals as base backups are kept, and a week more where they may be incremental', () => {
    const id = 'base_20260503_010000';
    for (const key of [baseArtifactKey(cluster, id, '.tar.zst.gpg'), baseManifestKey(cluster, id)])
      expect(until(key)).toBe('2026-05-31');
    const daily = wantedTimes({
      ...configuration,
      schedules: { base: { hour: 1, minute: 0, timezone: 'UTC' } },
    });
    expect(until(baseManifestKey(cluster, id), daily)).toBe('2026-05-14');
  });

  it('as WAL, from now on for as long as a base backup that is made now', () => {
    for (const key of [walKey(cluster, segment, '.zst.gpg'), walDigestKey(cluster, segment)])
      expect(until(key)).toBe('2026-06-07');
  });

  it('as a record, for as long as any backup', () => {
    const event = { time: now.toISOString(), action: 'restore' } as const;
    for (const key of [
      auditKey(event, 'run'),
      drillReportKey('prod', 'drill_20260510_040000', 'md'),
      verificationKey('prod', 'verify_20260510_060000', 'report'),
      walGapKey(cluster, segment),
    ])
      expect(until(key)).toBe('2027-05-10');
  });

  it('until the last day of a month that is shorter', () => {
    const time = new Date('2026-08-31T12:00:00Z');
    expect(day(longestWantedUntil(time, { daily: 7, weekly: 4, monthly: 6 }))).toBe('2027-02-28');
  });

  it('not at all when it is nobody’s to keep', () => {
    for (const key of ['.uploads/postgres/prod/app/x/y', 'probe', 'postgres/prod/app/README'])
      expect(until(key)).toBeUndefined();
  });
});
