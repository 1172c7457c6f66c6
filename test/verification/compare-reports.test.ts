import { expect, test } from 'vitest';
import type { Finding } from '../../src/model/findings.js';
import { compareReports } from '../../src/verification/compare-reports.js';

const now = new Date('2026-11-24T06:00:00Z');
const yesterday = '2026-11-23T06:00:00.000Z';

const finding = (id: string, over: Partial<Finding> = {}): Finding => ({
  ...{ id, severity: 'warning', what: `${id} is wrong.`, where: id, remedy: 'mend it' },
  ...over,
});
const known = (id: string, over: Partial<Finding> = {}) => ({ ...finding(id, over), since: yesterday });
const always = () => true;

test('what is new appears, what was known keeps its date, what is gone is resolved', () => {
  const found = [finding('new'), finding('old'), finding('dated', { since: '2026-11-01T00:00:00.000Z' })];
  const previous = { findings: [known('old'), known('gone')] };
  expect(compareReports(found, previous, always, now)).toEqual({
    findings: [
      { ...finding('new'), since: now.toISOString() },
      known('old'),
      { ...finding('dated'), since: '2026-11-01T00:00:00.000Z' },
    ],
    appeared: ['new', 'dated'],
    resolved: [known('gone')],
  });
});

test('what has become critical appears again, and comes first; what has become milder does not', () => {
  const found = [finding('a'), finding('b', { severity: 'critical' })];
  const previous = { findings: [known('a', { severity: 'critical' }), known('b')] };
  const { findings, appeared, resolved } = compareReports(found, previous, always, now);
  expect({ ids: findings.map(({ id }) => id), appeared, resolved }).toEqual({
    ids: ['b', 'a'],
    appeared: ['b'],
    resolved: [],
  });
});

test('what could not be judged anew stays as it was', () => {
  const previous = { findings: [known('unseen'), known('seen')] };
  const isJudged = ({ id }: Finding) => id === 'seen';
  expect(compareReports([], previous, isJudged, now)).toEqual({
    findings: [known('unseen')],
    appeared: [],
    resolved: [known('seen')],
  });
});

test('one id is one finding that says all of it', () => {
  const found = [finding('a', { what: 'This.' }), finding('a', { what: 'That.', severity: 'critical' })];
  expect(compareReports(found, undefined, always, now)).toMatchObject({
    findings: [{ id: 'a', severity: 'critical', what: 'This. That.' }],
    appeared: ['a'],
  });
});
