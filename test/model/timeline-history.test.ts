import { describe, expect, it } from 'vitest';
import { parseTimelineHistory, segmentsBetween, timelineAt } from '../../src/model/timeline-history.js';
import { parseLsn } from '../../src/model/wal-segment.js';
import { OperationError } from '../../src/model/failures.js';

const SEGMENT_BYTES = 16 * 1024 * 1024;
const lsn = (text: string) => parseLsn(text)!;

/** As PostgreSQL writes it, with tabs and an empty line between. */
const text =
  '1\t0/3000148\tno recovery target specified\n\n2\t0/5000000\tbefore 2026-11-24 14:29:00+00 # not a comment of ours\n';
const history = parseTimelineHistory(text, '00000003.history');

describe('the history of a timeline', () => {
  it('is read', () => {
    expect(history).toEqual([
      { timeline: 1, end: lsn('0/3000148') },
      { timeline: 2, end: lsn('0/5000000') },
    ]);
  });

  it.each(['1', 'x\t0/1', '1\t0-1\treason'])('%j is none', (line) => {
    expect(() => parseTimelineHistory(line, '00000002.history')).toThrow(OperationError);
  });

  it('tells on which timeline a position lies', () => {
    expect(timelineAt(lsn('0/3000147'), 3, history)).toBe(1);
    expect(timelineAt(lsn('0/3000148'), 3, history)).toBe(2);
    expect(timelineAt(lsn('0/5000000'), 3, history)).toBe(3);
  });
});

describe('segmentsBetween', () => {
  const names = (from: string, to: string) =>
    [...segmentsBetween(lsn(from), lsn(to), 3, history, SEGMENT_BYTES)].map(({ name }) => name);

  it('takes the segment of a switch from the newer timeline', () => {
    expect(names('0/2000028', '0/6000000')).toEqual([
      '000000010000000000000002',
      '000000020000000000000003',
      '000000020000000000000004',
      '000000030000000000000005',
      '000000030000000000000006',
    ]);
  });

  it('is one segment where both ends lie in it', () => {
    expect(names('0/4000028', '0/4000100')).toEqual(['000000020000000000000004']);
  });
});
