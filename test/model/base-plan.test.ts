import { expect, it } from 'vitest';
import { baseArtifactSuffix } from '../../src/model/base-manifest.js';
import { plannedBaseKey, type BasePlan } from '../../src/model/base-plan.js';
import { parseBaseKey } from '../../src/model/physical-keys.js';
import { estimateBaseStaging } from '../../src/model/size-estimate.js';
import { sampleBaseManifest } from '../support/seed-base.js';

const cluster = { server: 'prod', systemIdentifier: '7520361935213404212' };

it.each([
  ['stream', 'zstd', 'gpg', '.tar.zst.gpg'],
  ['stream', 'gzip', 'none', '.tar.gz'],
  ['files', 'zstd', 'gpg', '.tar.gpg'],
  ['files', 'gzip', 'none', '.tar'],
] as const)('a base backup as %s, with %s and %s, ends in %4$s', (layout, codec, encryption, suffix) => {
  expect(baseArtifactSuffix(layout, codec, encryption)).toBe(suffix);
});

it('the planned key is one that belongs to the plan’s backup', () => {
  const plan: BasePlan = {
    subject: { kind: 'base', ...cluster, server: 'a/b' },
    id: 'base_20260607_010000',
    major: 16,
    layout: 'files',
    keepsBackupManifest: true,
    stagingBytes: 1,
    expectedBytes: 1,
    nice: 0,
    compression: { method: 'zstd', level: 1 },
    encryption: { method: 'gpg', recipients: ['F'.repeat(40)] },
    primaryStore: 'primary',
    heartbeatSeconds: 30,
  };
  expect(parseBaseKey(plannedBaseKey(plan))).toEqual({
    cluster: { ...cluster, server: 'a/b' },
    id: plan.id,
    part: 'artifact',
  });
});

it('staging is asked for by what the last one came to, and twice where there are files beside it', () => {
  const previous = sampleBaseManifest(cluster, new Date('2026-06-07T01:00:00Z'), 1, { dataBytes: 1000e6 });
  previous.artifact.bytes = 250e6;
  const bytes = estimateBaseStaging(2000e6, 'stream', previous);
  expect(bytes).toBeGreaterThan(500e6);
  expect(bytes).toBeLessThan(700e6);
  expect(estimateBaseStaging(2000e6, 'files', previous)).toBe(2 * bytes);
  expect(estimateBaseStaging(2000e6, 'stream', undefined)).toBeGreaterThan(1000e6);
});
