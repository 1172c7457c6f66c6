import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../src/config/load.js';
import type { Configuration } from '../../src/config/schema.js';
import {
  composeUses,
  renderCompose,
  root,
  runComposeConfig,
  type ComposeModel,
  type ComposeUse,
} from './compose-config.js';

const uses = Object.keys(composeUses) as ComposeUse[];

describe.each(uses)('the %s', (use) => {
  let model: ComposeModel;
  beforeAll(async () => {
    model = await renderCompose(use);
  });

  test('is valid, without a warning', async () => {
    expect(await runComposeConfig(use, ['-q'])).toBe('');
  });

  test('names the version of every image', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    for (const { image } of Object.values(model.services)) {
      expect(image).toMatch(/^[a-z/-]+:[^:]*\d/);
      if (image.startsWith('temponest-backups')) expect(image).toBe(`temponest-backups:${version}`);
    }
  });

  test('has secrets in files only', () => {
    const variables = Object.values(model.services).flatMap(({ environment }) =>
      Object.entries(environment ?? {}),
    );
    for (const [name, value] of variables.filter(([name]) =>
      /PASS|PWD|SECRET|TOKEN|KEY|ROOT_USER/.test(name),
    )) {
      expect(name).toMatch(/_FILE$/);
      expect(value).toMatch(/^\/run\/secrets\//);
    }
  });

  test('refers to secrets that git ignores, and to files that git has', async () => {
    for (const { file } of Object.values(model.secrets)) {
      const { exitCode } = await execa('git', ['check-ignore', '-q', file], { cwd: root, reject: false });
      expect(exitCode, file).toBe(0);
    }
    for (const { file } of Object.values(model.configs)) expect(existsSync(file), file).toBe(true);
  });

  test('gives the worker what backups.yaml refers to', async () => {
    const { staging, servers, encryption, stores } = await loadConfiguration(join(root, 'backups.yaml'));
    const { secrets = [], volumes = [] } = model.services.worker!;
    const mounted = [...secrets, ...volumes].map(({ target }) => target);
    const wanted = [
      staging.directory,
      ...servers.map(({ passwordFile }) => passwordFile),
      encryption.method === 'gpg' ? encryption.publicKeysFile : undefined,
      ...stores.map(({ url }) => new URL(url).pathname),
    ];
    expect(mounted).toEqual(expect.arrayContaining(wanted));
  });

  test('lets the worker end by itself', async () => {
    const { worker }: Configuration = await loadConfiguration(join(root, 'backups.yaml'));
    const [, minutes, seconds] = /^(\d+)m(\d+)s$/.exec(model.services.worker!.stop_grace_period!)!;
    const forceAfter = 10; // what the worker waits for steps that ignore that they are cancelled
    expect(Number(minutes) * 60 + Number(seconds)).toBeGreaterThan(worker.shutdownGrace + forceAfter);
  });
});

test('the try-out has its servers, and S3 only when asked for', async () => {
  const { services } = await renderCompose('try-out');
  const withS3 = await renderCompose('try-out with S3');
  const names = ['postgres', 'schedules', 'temporal', 'temporal-ui', 'worker'];
  expect(Object.keys(services).sort()).toEqual(names);
  expect(Object.keys(withS3.services).sort()).toEqual([...names, 's3', 's3-bucket'].sort());
  expect(services.postgres?.image).toBe('postgres:16-alpine');
  expect(services.temporal?.image).toBe('temporalio/auto-setup:1.24.2');
});

test('the try-out starts the worker after its servers, and the schedules after the worker', async () => {
  const { services } = await renderCompose('try-out with S3');
  expect(services.worker?.depends_on).toMatchObject({
    postgres: { condition: 'service_healthy' },
    temporal: { condition: 'service_healthy' },
    's3-bucket': { condition: 'service_completed_successfully' },
  });
  expect(services.schedules?.depends_on).toMatchObject({ worker: { condition: 'service_healthy' } });
});

describe('the overlay', () => {
  test('has the worker and the schedules only, in a project apart from the try-out', async () => {
    const { name, services, networks } = await renderCompose('overlay');
    expect(Object.keys(services).sort()).toEqual(['schedules', 'worker']);
    expect(services.worker?.depends_on).toBeUndefined();
    expect(Object.keys(services.schedules?.depends_on ?? {})).toEqual(['worker']);
    expect(networks.default).toMatchObject({ name: 'agentic-network', external: true });
    expect(name).not.toBe((await renderCompose('try-out')).name);
  });

  test.each([
    [{}, 'temporal:7233'],
    [{ TEMPORAL_HOST: 'there:7233' }, 'there:7233'],
    [{ TEMPORAL_HOST: 'there:7233', TEMPORAL_ADDRESS: 'elsewhere:7233' }, 'elsewhere:7233'],
  ])('with %j finds Temporal at %s', async (environment, address) => {
    const { services } = await renderCompose('overlay', environment);
    for (const { environment: variables } of Object.values(services))
      expect(variables).toMatchObject({ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'default' });
  });

  test('joins the network that TEMPONEST_NETWORK names', async () => {
    const { networks } = await renderCompose('overlay', { TEMPONEST_NETWORK: 'docker_agentic-network' });
    expect(networks.default?.name).toBe('docker_agentic-network');
  });
});
