import { describe, expect, it } from 'vitest';
import {
  formatLsn,
  historyName,
  isSegmentName,
  parseHistoryName,
  parseLsn,
  parseSegmentName,
  segmentName,
  segmentStart,
} from '../../src/model/wal-segment.js';

const MIB = 1024 * 1024;

describe('an LSN', () => {
  it.each(['0/0', '0/3000148', '16/B374D848', 'FFFFFFFF/FFFFFFFF'])('%s is read and printed', (text) => {
    expect(formatLsn(parseLsn(text)!)).toBe(text);
  });

  it.each(['', '0', '0/', '0/123456789', 'x/1', '0/1 '])('%j is none', (text) => {
    expect(parseLsn(text)).toBeUndefined();
  });

  it('lies in the segment that begins before it', () => {
    expect(formatLsn(segmentStart(parseLsn('0/3000148')!, 16 * MIB))).toBe('0/3000000');
    expect(formatLsn(segmentStart(parseLsn('0/3000000')!, 16 * MIB))).toBe('0/3000000');
  });
});

describe('the name of a segment', () => {
  // As pg_walfile_name() of servers with these sizes of a segment answers.
  it.each([
    [16, 1, '0/3000148', '000000010000000000000003'],
    [16, 1, 'FF/FFFFFFFF', '00000001000000FF000000FF'],
    [16, 10, '100/0', '0000000A0000010000000000'],
    [1, 1, '1/FFF00000', '000000010000000100000FFF'],
    [64, 2, '0/FC000000', '00000002000000000000003F'],
    [1024, 1, '2/40000000', '000000010000000200000001'],
  ])('of %i MiB on timeline %i at %s is %s', (size, timeline, lsn, name) => {
    const start = parseLsn(lsn)!;
    expect(segmentName({ timeline, start }, size * MIB)).toBe(name);
    expect(parseSegmentName(name, size * MIB)).toEqual({ timeline, start: segmentStart(start, size * MIB) });
  });

  it('is told from those of other files', () => {
    expect(isSegmentName('000000010000000000000003')).toBe(true);
    for (const other of ['000000010000000000000003.partial', '00000002.history', '00000001000000000000000g'])
      expect(isSegmentName(other)).toBe(false);
    expect(parseHistoryName(historyName(27))).toBe(27);
    expect(parseHistoryName('000000010000000000000003')).toBeUndefined();
  });
});
