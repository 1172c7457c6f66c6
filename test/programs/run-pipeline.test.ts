import { readdir, readFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { OperationError } from '../../src/model/failures.js';
import { runPipeline, type PipelineProgram } from '../../src/programs/run-pipeline.js';
import type { ProgramContext } from '../../src/programs/run-program.js';
import { isAlive } from '../support/is-alive.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';
import { waitUntil } from '../support/wait-until.js';

const signal = new AbortController().signal;
const sh = (script: string, more: Partial<PipelineProgram> = {}): PipelineProgram => ({
  file: '/bin/sh',
  args: ['-c', script],
  ...more,
});

/** Runs programs, and answers with what the last one wrote. */
async function run(programs: PipelineProgram[], context: Partial<ProgramContext> = {}): Promise<string> {
  const output = join(await makeScratchDirectory(), 'output');
  await runPipeline(programs, output, { signal, ...context });
  return readFile(output, 'utf8');
}

describe('a pipeline', () => {
  it('gives each program what the one before writes, and the first one nothing', async () => {
    const programs = [sh('cat; echo one; echo two'), sh('sed s/^/1/'), sh('exec sed s/^/2/')];
    expect(await run(programs)).toBe('21one\n21two\n');
  });

  it('carries much more than a pipe holds, and loses no byte of it', async () => {
    const programs = [sh('yes | head -c 50000000'), sh('exec cat'), sh('cksum')];
    expect(await run(programs)).toBe(await run([sh('yes | head -c 50000000 | cksum')]));
  });

  it('has the last program write the file itself', async () => {
    expect(await run([sh('echo'), sh('readlink /proc/$$/fd/1')])).toMatch(/^\/.*\/output\n$/);
  });

  it('may be of one program', async () => {
    expect(await run([sh('echo alone')])).toBe('alone\n');
  });

  it('goes on while the first program has ended already', async () => {
    expect(await run([sh('echo early'), sh('sleep 0.2; exec cat')])).toBe('early\n');
  });

  it('gives one of them a secret on file descriptor 3, and nobody sees it', async () => {
    const secret = 'correct horse';
    const look = sh('cat <&3; cat /proc/$$/environ /proc/$$/cmdline /proc/$PPID/environ | tr "\\0" "\\n"', {
      secret,
    });
    const seen = await run([look, sh('exec cat')]);
    expect(seen.startsWith(secret)).toBe(true);
    expect(seen.slice(secret.length)).not.toContain('horse');
    expect(await run([look, sh('cat >/dev/null; cat <&3 || echo none')])).toMatch(/none\n$/);
  });

  it('tells the process id of the first program', async () => {
    let pid = 0;
    const said = await run([sh('echo $$'), sh('exec cat')], { onStart: (started) => (pid = started) });
    expect(said).toBe(`${pid}\n`);
  });

  it('is as nice as asked', async () => {
    const nicer = getPriority() + 7;
    expect(await run([sh('nice'), sh('cat; nice')], { nice: 7 })).toBe(`${nicer}\n${nicer}\n`);
  });
});

describe('the fault of a pipeline', () => {
  it.each<[string, PipelineProgram[], RegExp]>([
    [
      'is that of the first program, not of those that got too little of it',
      [
        sh('echo error: first >&2; exit 4'),
        sh('cat; echo error: end of file >&2; exit 2'),
        sh('cat; exit 3'),
      ],
      /^sh failed with exit code 4: error: first; /,
    ],
    [
      'is that of the last program, not of those that could write no more',
      [sh('exec yes'), sh('exec cat'), sh('echo error: disk >&2; exit 3')],
      /^sh failed with exit code 3: error: disk; /,
    ],
    [
      'is that of one in the middle',
      [sh('exec yes'), sh('echo error: middle >&2; exit 5'), sh('cat; echo error: too little >&2; exit 1')],
      /^sh failed with exit code 5: error: middle; /,
    ],
    [
      'is not that of a script whose program lost its reader',
      [sh('yes 2>/dev/null; exit 141'), sh('exec cat'), sh('kill -KILL $$')],
      /^sh was ended by SIGKILL; /,
    ],
    [
      'is that a program found nobody to read, where no other had one',
      [sh('exec yes'), sh('exit 0')],
      /^sh failed with exit code 1: yes: standard output: /,
    ],
    [
      'may be that the first is not there',
      [{ file: '/nowhere/gpg', args: [] }, sh('exec cat')],
      /^gpg is not installed; /,
    ],
    [
      'may be that the last is not there',
      [sh('exec yes'), { file: '/nowhere/tar', args: [] }],
      /^tar is not installed; /,
    ],
    [
      'of one that did not read its secret is what it says',
      [sh('echo error: no such option >&2; exit 2', { secret: 'unread' }), sh('exec cat')],
      /^sh failed with exit code 2: error: no such option; /,
    ],
  ])('%s', async (_what, programs, message) => {
    await expect(run(programs)).rejects.toThrow(message);
  });

  it('can be told by what a program said, whether it failed or not', async () => {
    const findFault = (said: string, hasFailed: boolean) =>
      said === '' ? undefined : new OperationError('KeyUnusable', `${said}, ${hasFailed}`);
    await expect(run([sh('echo bad >&2; exit 2', { findFault }), sh('exec cat')])).rejects.toMatchObject({
      type: 'KeyUnusable',
      message: 'bad, true',
    });
    await expect(run([sh('echo bad >&2', { findFault }), sh('exec cat')])).rejects.toThrow('bad, false');
    expect(await run([sh('echo good', { findFault })])).toBe('good\n');
  });

  it('ends a program that does not notice that the others have failed', async () => {
    const pidFile = join(await makeScratchDirectory(), 'pid');
    const failed = run([sh(`echo $$ >${pidFile}; exec sleep 1000`), sh('exit 3')]).catch(
      (error: unknown) => error,
    );
    const pid = Number(await waitUntil('it sleeps', () => readFile(pidFile, 'utf8').catch(() => '')));
    expect(isAlive(pid)).toBe(true);
    expect(await failed).toMatchObject({
      message: expect.stringMatching(/^sh failed with exit code 3/) as string,
    });
    expect(isAlive(pid)).toBe(false);
  });
});

describe('an abort', () => {
  it('before the start starts nothing', async () => {
    const marker = join(await makeScratchDirectory(), 'started');
    const aborted = AbortSignal.abort(new Error('too late'));
    await expect(run([sh(`touch ${marker}`)], { signal: aborted })).rejects.toThrow('too late');
    await expect(readFile(marker)).rejects.toThrow('ENOENT');
  });

  it('ends all programs and what they started, and the ledger is empty', async () => {
    const scratch = await makeScratchDirectory();
    const ledger = { directory: join(scratch, 'children') };
    const controller = new AbortController();
    const sleeper = (name: string) =>
      sh(
        `sh -c 'echo $$ >${join(scratch, name)}.part; mv ${join(scratch, name)}.part ${join(scratch, name)}; exec sleep 1000' & wait`,
      );
    const names = ['first', 'second', 'third'];
    const running = run(names.map(sleeper), { signal: controller.signal, ledger });
    const settled = running.catch((error: unknown) => error);
    const started = await Promise.all(
      names.map((name) =>
        waitUntil(`${name} sleeps`, () => readFile(join(scratch, name), 'utf8').catch(() => '')),
      ),
    );
    await waitUntil('all are in the ledger', async () => (await readdir(ledger.directory)).length === 3);
    controller.abort(new Error('cancelled by hand'));
    expect(await settled).toMatchObject({ message: 'cancelled by hand' });
    for (const pid of started) await waitUntil('it is gone', () => !isAlive(Number(pid)));
    expect(await readdir(ledger.directory)).toEqual([]);
  });

  it('kills those that do not end on SIGTERM once their grace is over', async () => {
    const ready = join(await makeScratchDirectory(), 'ready');
    const controller = new AbortController();
    const stubborn = sh(`trap '' TERM; echo $$ >${ready}; while :; do sleep 0.05; done`);
    const settled = run([stubborn, sh('exec cat')], { signal: controller.signal }).catch(
      (error: unknown) => error,
    );
    const pid = Number(await waitUntil('SIGTERM is ignored', () => readFile(ready, 'utf8').catch(() => '')));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    controller.abort(new Error('cancelled by hand'));
    vi.advanceTimersByTime(5000);
    vi.useRealTimers();
    expect(await settled).toMatchObject({ message: 'cancelled by hand' });
    expect(isAlive(pid)).toBe(false);
  });
});
