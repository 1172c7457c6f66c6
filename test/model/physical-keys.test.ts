import { describe, expect, it } from 'vitest';
import {
  baseArtifactKey,
  baseManifestKey,
  parseBaseKey,
  parsePartialName,
  parseWalKey,
  partialName,
  walDigestKey,
  walGapKey,
  walKey,
  type Cluster,
} from '../../src/model/physical-keys.js';

const cluster: Cluster = { server: 'a/b "ü"', systemIdentifier: '7520361935213404212' };
const segment = '000000010000000000000003';

describe('keys of base backups', () => {
  it('are read as they are made', () => {
    const id = 'base_20261124_010000';
    expect(parseBaseKey(baseManifestKey(cluster, id))).toEqual({ cluster, id, part: 'manifest' });
    expect(parseBaseKey(baseArtifactKey(cluster, id, '.tar.zst.gpg'))).toEqual({
      cluster,
      id,
      part: 'artifact',
    });
    expect(parseBaseKey('base/prod/1/base_20261124_010000')).toBeUndefined();
    expect(parseBaseKey('base/prod/1/base_20261399_010000.manifest.json')).toBeUndefined();
  });
});

describe('keys of WAL', () => {
  it.each([segment, '00000002.history', partialName(segment, 8192)])(
    'of %s are read as they are made',
    (file) => {
      for (const suffix of ['.zst', '.gz', '.zst.gpg', '.gz.gpg'])
        expect(parseWalKey(walKey(cluster, file, suffix))).toEqual({ cluster, file, part: 'file' });
      expect(parseWalKey(walDigestKey(cluster, file))).toEqual({ cluster, file, part: 'digest' });
      expect(parseWalKey(walGapKey(cluster, file))).toEqual({ cluster, file, part: 'gap' });
    },
  );

  it.each([
    `wal/prod/1/${segment}`,
    `wal/prod/1/${segment}.tmp`,
    `wal/prod/1/${segment}.partial.zst`,
    `wal/prod/x/${segment}.zst`,
    `wal/a b/1/${segment}.zst`,
    `wal/prod/1/sub/${segment}.zst`,
  ])('%s is foreign', (key) => {
    expect(parseWalKey(key)).toBeUndefined();
  });

  it('say how much of a segment was saved', () => {
    expect(partialName(segment, 8192)).toBe(`${segment}.00002000.partial`);
    expect(parsePartialName(partialName(segment, 8192))).toEqual({ segment, bytes: 8192 });
    expect(parsePartialName(`${segment}.partial`)).toBeUndefined();
  });
});
