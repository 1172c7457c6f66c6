import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { installHadolint } from '../../tools/install/install-hadolint.js';
import { root } from './compose-config.js';

const readText = (file: string) => readFile(join(root, file), 'utf8');

test('hadolint finds nothing', async () => {
  const { stdout } = await execa(await installHadolint(), ['--no-color', 'Dockerfile'], {
    cwd: root,
    reject: false,
  });
  expect(stdout).toBe('');
});

test('only the one rule is ignored, and everything copied gets through .dockerignore', async () => {
  const dockerfile = await readText('Dockerfile');
  expect(dockerfile.match(/hadolint ignore=.*/g)).toEqual(['hadolint ignore=DL3008']);
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, sources]) =>
    sources!.split(' '),
  );
  const lines = (await readText('.dockerignore')).split('\n');
  expect(lines).toContain('*');
  const allowed = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  expect([...new Set(copied)].sort()).toEqual([...allowed].sort());
  for (const source of copied) expect(existsSync(join(root, source)), source).toBe(true);
});
