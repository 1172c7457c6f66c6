import { randomBytes } from 'node:crypto';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { rememberSecret } from '../../src/observability/redaction.js';
import { KILL_PATIENCE, signalGroup } from '../../src/programs/child-ledger.js';
import { runProgram, type ProgramContext } from '../../src/programs/run-program.js';
import { ignoreSignals } from '../support/ignore-signals.js';
import { isAlive } from '../support/is-alive.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';
import { waitUntil } from '../support/wait-until.js';

const signal = new AbortController().signal;
const sh = (script: string, context: Partial<ProgramContext> = {}, environment?: Record<string, string>) =>
  runProgram(
    { file: '/bin/sh', args: ['-c', script], ...(environment ? { environment } : {}) },
    { signal, ...context },
  );
const longSleep = 'exec sleep 1000';

describe('output', () => {
  it('is standard output, without the last line break', async () => {
    expect(await sh('echo one; echo two; echo noise >&2')).toBe('one\ntwo');
  });

  it('goes to a file byte for byte, however long it is', async () => {
    const directory = await makeScratchDirectory();
    const content = randomBytes(3_000_000);
    await writeFile(join(directory, 'in'), content);
    const outputFile = join(directory, 'out');
    const answer = await runProgram(
      { file: '/bin/cat', args: [join(directory, 'in')], outputFile },
      { signal },
    );
    expect(answer).toBe('');
    expect(content.equals(await readFile(outputFile))).toBe(true);
  });

  it('may be larger than what is kept in memory, in a file', async () => {
    const outputFile = join(await makeScratchDirectory(), 'out');
    await runProgram(
      { file: '/bin/sh', args: ['-c', 'head -c 101000000 /dev/zero'], outputFile },
      { signal },
    );
    expect((await readFile(outputFile)).length).toBe(101_000_000);
  });

  it('may be larger than what is kept in memory, line by line', async () => {
    let lines = 0;
    let characters = 0;
    const onLine = (line: string) => {
      lines += 1;
      characters += line.length;
    };
    const script = `yes ${'x'.repeat(9999)} | head -n 10200`;
    expect(await runProgram({ file: '/bin/sh', args: ['-c', script], onLine }, { signal })).toBe('');
    expect({ lines, characters }).toEqual({ lines: 10_200, characters: 101_989_800 });
  });

  it('ends a program that prints more than can be kept, and says so', async () => {
    await expect(sh('head -c 101000000 /dev/zero | tr "\\0" x')).rejects.toMatchObject({
      type: 'ProgramFailed',
      message: expect.stringMatching(/^sh printed more than 100 MB and was ended/) as string,
    });
  });

  it('reaches standard input of no program', async () => {
    expect(await sh('cat')).toBe('');
  });
});

describe('environment', () => {
  it('holds what was given and nothing else', async () => {
    vi.stubEnv('TEMPONEST_TEST_SECRET', 'visible');
    onTestFinished(() => void vi.unstubAllEnvs());
    const seen = await runProgram(
      { file: '/usr/bin/env', args: [], environment: { PGUSER: 'backup' } },
      { signal },
    );
    expect(seen.split('\n').sort()).toEqual(['LC_ALL=C', 'PGUSER=backup', 'TZ=UTC']);
  });
});

describe('a failure', () => {
  it('names the program, its exit code and the line that tells the fault', async () => {
    const script = 'echo reading >&2; echo "error: cannot stat" >&2; echo hint: look >&2; exit 3';
    await expect(sh(script)).rejects.toMatchObject({
      name: 'OperationError',
      type: 'ProgramFailed',
      message: 'sh failed with exit code 3: error: cannot stat; see the worker log.',
    });
  });

  it('of pg_dump while it copies a table says what the server said', async () => {
    const script = `echo 'pg_dump: error: Dumping the contents of table "t" failed: PQgetResult() failed.' >&2
      echo 'pg_dump: detail: Error message from server: ERROR:  invalid page in block 3' >&2
      echo 'pg_dump: detail: Command was: COPY public.t (id) TO stdout;' >&2; exit 1`;
    await expect(sh(script)).rejects.toThrow(
      / table "t" failed: PQgetResult\(\) failed\. ERROR: {2}invalid page in block 3; see the worker log\.$/,
    );
  });

  it('without a word still says how it ended', async () => {
    await expect(sh('exit 7')).rejects.toThrow(/^sh failed with exit code 7; /);
  });

  it('by a signal names the signal', async () => {
    await expect(sh('kill -KILL $$')).rejects.toThrow(/^sh was ended by SIGKILL; /);
  });

  it.each([
    ['No space left on device', 'StagingFull'],
    ['FATAL:  password authentication failed for user "b"', 'AuthenticationFailed'],
    [
      'error: connection to server at "h" (1.2.3.4), port 5432 failed: Connection refused',
      'ServerUnreachable',
    ],
    ['error: ERROR:  canceling statement due to lock timeout', 'LockTimeout'],
    ['ERROR:  permission denied for table t', 'PermissionDenied'],
    ['gpg: 0xAB: skipped: No public key', 'KeyUnusable'],
  ])('that says "%s" has type %s', async (said, type) => {
    await expect(sh(`printf '%s\\n' "$SAID" >&2; exit 1`, {}, { SAID: said })).rejects.toMatchObject({
      type,
    });
  });

  it('hides remembered secrets, in its message and in its cause', async () => {
    rememberSecret('correct-horse');
    const failure: unknown = await sh('echo "error: no correct-horse here" >&2; exit 1').catch(
      (e: unknown) => e,
    );
    expect(String(failure)).toContain('error: no *** here');
    expect(String((failure as Error).cause)).not.toContain('correct-horse');
  });

  it('keeps its message short when the program says very much', async () => {
    const script = 'head -c 5000000 /dev/zero | tr "\\0" e >&2; exit 1';
    const failure: unknown = await sh(script).catch((error: unknown) => error);
    expect((failure as Error).message.length).toBeLessThan(700);
    expect(String((failure as Error).cause).length).toBeLessThan(2100);
  });

  it('that comes after very many warnings is still told', async () => {
    const script =
      'yes "warning: nothing to worry about" | head -n 300000 >&2; echo "error: at last" >&2; exit 1';
    await expect(sh(script)).rejects.toThrow(/^sh failed with exit code 1: error: at last; /);
  });

  it('to start is told apart: no such program, or not to be executed', async () => {
    const directory = await makeScratchDirectory();
    const file = join(directory, 'pg_dump');
    await expect(runProgram({ file, args: [] }, { signal })).rejects.toMatchObject({
      type: 'ProgramMissing',
      message: 'pg_dump is not installed; install it on the worker.',
    });
    await writeFile(file, '#!/bin/sh\n');
    await expect(runProgram({ file, args: [] }, { signal })).rejects.toThrow(
      /^pg_dump could not be started \(EACCES\)/,
    );
    await chmod(file, 0o755);
    expect(await runProgram({ file, args: [] }, { signal })).toBe('');
  });
});

describe('an abort', () => {
  it('before the start starts nothing', async () => {
    const marker = join(await makeScratchDirectory(), 'started');
    await expect(sh(`touch ${marker}`, { signal: AbortSignal.abort(new Error('too late')) })).rejects.toThrow(
      'too late',
    );
    await expect(readFile(marker)).rejects.toThrow('ENOENT');
  });

  it('ends the whole group, grandchildren included, and rejects with its reason', async () => {
    const pidFile = join(await makeScratchDirectory(), 'grandchild');
    const controller = new AbortController();
    const run = sh(`sh -c 'echo $$ >${pidFile}; ${longSleep}' & wait`, { signal: controller.signal });
    const grandchild = await waitUntil('the grandchild runs', async () =>
      Number(await readFile(pidFile, 'utf8').catch(() => '')),
    );
    controller.abort(new Error('cancelled by hand'));
    await expect(run).rejects.toThrow('cancelled by hand');
    await waitUntil('the grandchild is gone', () => !isAlive(grandchild));
  });

  it('kills what does not end on SIGTERM once its grace is over', async () => {
    const ready = join(await makeScratchDirectory(), 'ready');
    const controller = new AbortController();
    let pid = 0;
    const run = sh(`trap '' TERM; touch ${ready}; while :; do sleep 0.05; done`, {
      signal: controller.signal,
      onStart: (started) => (pid = started),
    });
    const settled = run.then(
      () => 'ended',
      (error: unknown) => error,
    );
    await waitUntil('SIGTERM is ignored', () => readFile(ready).catch(() => undefined));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    controller.abort(new Error('cancelled by hand'));
    vi.advanceTimersByTime(4999);
    expect(isAlive(pid)).toBe(true);
    vi.advanceTimersByTime(1);
    vi.useRealTimers();
    expect(await settled).toMatchObject({ message: 'cancelled by hand' });
    expect(isAlive(pid)).toBe(false);
  });

  it('is over for a program that not even SIGKILL ends, which stays in the ledger', async () => {
    const directory = join(await makeScratchDirectory(), 'children');
    const controller = new AbortController();
    let pid = 0;
    const context = {
      signal: controller.signal,
      ledger: { directory },
      onStart: (started: number) => (pid = started),
    };
    const settled = sh(longSleep, context).catch((error: unknown) => error);
    await waitUntil('it is recorded', async () => (await readdir(directory).catch(() => [])).length > 0);
    onTestFinished(() => void signalGroup(pid, 'SIGKILL'));
    const heedSignals = ignoreSignals();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    controller.abort(new Error('cancelled by hand'));
    vi.advanceTimersByTime(5000 + KILL_PATIENCE);
    vi.useRealTimers();
    expect(await settled).toMatchObject({ message: 'cancelled by hand' });
    heedSignals();
    expect(isAlive(pid)).toBe(true);
    expect(await readdir(directory)).toEqual([String(pid)]);
  });

  it('leaves nothing running that a finished program started in its group', async () => {
    const pidFile = join(await makeScratchDirectory(), 'left-over');
    await sh(
      `sh -c 'echo $$ >${pidFile}; ${longSleep}' >/dev/null 2>&1 & while [ ! -s ${pidFile} ]; do :; done`,
    );
    const leftOver = Number(await readFile(pidFile, 'utf8'));
    await waitUntil('the left-over is gone', () => !isAlive(leftOver));
  });
});

describe('a run', () => {
  it('is in the ledger while it lasts, under the id of its process, and not afterwards', async () => {
    const directory = join(await makeScratchDirectory(), 'children');
    const controller = new AbortController();
    let pid = 0;
    const run = sh(longSleep, {
      signal: controller.signal,
      ledger: { directory },
      onStart: (started) => (pid = started),
    });
    await waitUntil('it is recorded', async () => (await readdir(directory).catch(() => [])).length > 0);
    expect(await readdir(directory)).toEqual([String(pid)]);
    controller.abort(new Error('enough'));
    await expect(run).rejects.toThrow('enough');
    expect(await readdir(directory)).toEqual([]);
  });

  it('is as nice as asked', async () => {
    expect(await sh('nice', { nice: 7 })).toBe(String(getPriority() + 7));
    expect(await sh('nice')).toBe(await sh('nice', { nice: 0 }));
  });
});
