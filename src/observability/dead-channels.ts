import type { Client } from '@temporalio/client';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** A channel that has not taken a message for so long is dead, and not only restarting. */
const PATIENCE = 15 * MINUTE;
/** A message is tried for a day, so the trouble of the last day is in runs of the last two. */
const HORIZON = 2 * DAY;

/** A run of `notifyChannels`, as its memo shows it. */
export interface Telling {
  startedAt: Date;
  status: string;
  channels: string[];
  /** Those that have not taken the message, yet or at all. */
  untold: string[];
}

/** A channel that takes no messages. */
export interface DeadChannel {
  channel: string;
  /** When the first message of those that it has not taken was sent, in ISO 8601. */
  since: string;
}

/**
 * The channels that take no messages: the newest message of which is known what became of it was not taken. Asks Temporal's
 * visibility only.
 */
export async function findDeadChannels(client: Client, now: Date): Promise<DeadChannel[]> {
  const query = `WorkflowType = "notifyChannels" AND StartTime > "${new Date(now.getTime() - HORIZON).toISOString()}"`;
  const tellings: Telling[] = [];
  for await (const { startTime, status, memo } of client.workflow.list({ query }))
    tellings.push({
      ...{ startedAt: startTime, status: status.name },
      ...{ channels: namesIn(memo?.Channels), untold: namesIn(memo?.UntoldChannels) },
    });
  return judgeChannels(tellings, now);
}

const namesIn = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : [];

/** What {@link findDeadChannels} answers, of runs in any order. */
export function judgeChannels(tellings: readonly Telling[], now: Date): DeadChannel[] {
  const newestFirst = tellings.toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime());
  const channels = [...new Set(newestFirst.flatMap((telling) => telling.channels))].sort();
  return channels.flatMap((channel) => {
    const outcomes = newestFirst.flatMap((telling) => {
      const isTold = wasTold(telling, channel, now);
      return isTold === undefined ? [] : [{ isTold, startedAt: telling.startedAt }];
    });
    const alive = outcomes.findIndex(({ isTold }) => isTold);
    const untaken = alive === -1 ? outcomes : outcomes.slice(0, alive);
    const first = untaken.at(-1);
    return first ? [{ channel, since: first.startedAt.toISOString() }] : [];
  });
}

/** Whether a run has told a channel; undefined when that is not known yet, or it was not to be told. */
function wasTold(
  { startedAt, status, channels, untold }: Telling,
  channel: string,
  now: Date,
): boolean | undefined {
  if (!channels.includes(channel)) return undefined;
  if (!untold.includes(channel)) return true;
  const isWaiting = status === 'RUNNING' && now.getTime() - startedAt.getTime() < PATIENCE;
  // Nobody was asked any more when a person ended it.
  return isWaiting || status === 'CANCELLED' || status === 'TERMINATED' ? undefined : false;
}
