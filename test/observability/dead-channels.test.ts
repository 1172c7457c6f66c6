import { expect, it } from 'vitest';
import { judgeChannels, type Telling } from '../../src/observability/dead-channels.js';

const now = new Date('2026-11-24T12:00:00Z');

const telling = (minutesAgo: number, status: string, untold: string[] = []): Telling => ({
  startedAt: new Date(now.getTime() - minutesAgo * 60_000),
  status,
  channels: ['pager', 'telegram 2'],
  untold,
});
const dead = (...tellings: Telling[]) => judgeChannels(tellings, now).map(({ channel }) => channel);

it('knows a channel that takes nothing, by messages that failed or wait', () => {
  expect(dead(telling(600, 'FAILED', ['pager']))).toEqual(['pager']);
  expect(dead(telling(20, 'RUNNING', ['pager', 'telegram 2']))).toEqual(['pager', 'telegram 2']);
});

it('says since when', () => {
  const tellings = [
    telling(20, 'RUNNING', ['pager']),
    telling(90, 'FAILED', ['pager']),
    telling(200, 'COMPLETED'),
  ];
  expect(judgeChannels(tellings, now)).toEqual([{ channel: 'pager', since: '2026-11-24T10:30:00.000Z' }]);
});

it.each([
  ['that restarts', [telling(5, 'RUNNING', ['pager'])]],
  ['that has taken a later message', [telling(600, 'FAILED', ['pager']), telling(60, 'COMPLETED')]],
  [
    'that has taken a later message while another does not',
    [telling(600, 'FAILED', ['pager']), telling(1, 'RUNNING')],
  ],
  ['whose message somebody called off', [telling(600, 'TERMINATED', ['pager'])]],
])('calls no channel dead %s', (_what, tellings) => {
  expect(dead(...tellings)).toEqual([]);
});
