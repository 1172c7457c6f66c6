import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { failureTypes, isRetryable, type FailureType } from '../../src/model/failures.js';

/**
 * What a restore never ends with: it makes no backup, recovers nothing from WAL, and writes to stores and channels only
 * beside its own work.
 */
const notOfRestores: FailureType[] = [
  'StoreFull',
  'StoreConflict',
  'DrillFailed',
  'NotificationFailed',
  'BackupsFailed',
  'WalMissing',
  'WalConflict',
  'SlotUnusable',
  'TargetOutOfWindow',
  'RecoveryFailed',
  'CutoverFailed',
];

let page: string;
let example: string;

beforeAll(async () => {
  page = await readFile('docs/agents.md', 'utf8');
  example = await readFile('docs/examples/restore_database.py', 'utf8');
});

/** Type → what to do, of every match's two groups. */
const readAdvice = (text: string, row: RegExp): Record<string, string> =>
  Object.fromEntries([...text.matchAll(row)].map(([, type, advice]) => [type!, advice!]));

const adviceOfPage = () => readAdvice(page, /^\| `(\w+)` .*\| (\w+) +\|$/gm);
const adviceOfExample = () => readAdvice(example, /^ {4}"(\w+)": "(\w+)",$/gm);

describe('docs/agents.md', () => {
  it('names every type that a restore can end with', () => {
    const expected = failureTypes.filter((type) => !notOfRestores.includes(type));
    expect(Object.keys(adviceOfPage()).sort()).toEqual(expected.sort());
  });

  it('gives the advice of the example', () => {
    expect(adviceOfExample()).toEqual(adviceOfPage());
  });

  it('advises to try again what the failures table says may pass', () => {
    const advice = adviceOfPage();
    const passing = Object.keys(advice).filter((type) => isRetryable(type as FailureType));
    expect(passing.filter((type) => advice[type] !== 'later')).toEqual([]);
  });

  it('quotes the example as it is', () => {
    const quotes = [...page.matchAll(/^( *)```python\n([^]*?)^\1```$/gm)].map(([, indent, code]) =>
      code!.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    );
    expect(quotes).not.toEqual([]);
    for (const quote of quotes) expect(example).toContain(quote);
  });
});
