import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OperationError } from '../../src/model/failures.js';
import { parseManifest } from '../../src/model/manifest.js';
import { anyName } from '../support/any-name.js';
import { catchError } from '../support/catch-error.js';
import { sampleManifest } from '../support/sample-manifest.js';

const id = 'agentic_20260503_020000';
const sample = sampleManifest({ kind: 'database', server: 'prod', database: 'agentic' }, id);
const globals = sampleManifest({ kind: 'globals', server: 'prod' }, 'globals_20260503_020000');
const parse = (document: unknown) => parseManifest(JSON.stringify(document), 'the-key');

describe('parseManifest', () => {
  it.each([sample, globals])('reads what was written', (document) => {
    expect(parse(document)).toEqual(document);
  });

  it('reads names of tables and roles that hold anything', () => {
    fc.assert(
      fc.property(anyName, anyName, (owner, server) => {
        expect(parse({ ...sample, owner, server })).toEqual({ ...sample, owner, server });
      }),
    );
  });

  it('ignores fields that a later version of the same format added', () => {
    const later = { ...sample, format: '1.7', mood: 'good', artifact: { ...sample.artifact, parts: 3 } };
    expect(parse(later)).toEqual({ ...sample, format: '1.7' });
  });

  it.each(['2.0', '10.1'])('refuses format %s and says what to do', (format) => {
    const error = catchError(() => parse({ ...sample, format, artifact: 'elsewhere' }));
    expect(error).toMatchObject({ type: 'ManifestUnreadable' });
    expect(error.message).toBe(
      `the-key has format ${format}, newer than 1.0; upgrade TempoNest Backups to read it.`,
    );
  });

  it.each([
    [null, 'the whole: '],
    ['text', 'the whole: '],
    [[sample], 'the whole: '],
    [{}, 'kind: '],
    [{ ...sample, kind: 'base' }, 'kind: '],
    [{ ...sample, format: undefined }, 'format: '],
    [{ ...sample, artifact: { ...sample.artifact, bytes: 0 } }, 'artifact.bytes: '],
    [{ ...sample, artifact: { ...sample.artifact, sha256: 'A'.repeat(64) } }, 'artifact.sha256: '],
    [{ ...sample, artifact: { ...sample.artifact, codec: 'lz4' } }, 'artifact.codec: '],
    [
      { ...sample, artifact: { ...sample.artifact, encryption: { method: 'gpg', keyFingerprints: [] } } },
      'artifact.encryption.keyFingerprints: ',
    ],
    [{ ...sample, snapshotTime: 'yesterday' }, 'snapshotTime: '],
    [{ ...sample, inventory: undefined }, 'inventory: '],
  ])('refuses what is not a manifest and names the field (%#)', (document, fault) => {
    const error = catchError(() => parse(document));
    expect(error).toMatchObject({ type: 'ManifestUnreadable' });
    expect(error.message).toContain(`the-key is not a manifest: ${fault}`);
  });

  it.each(['', '{"format": "1.0"', '\0'])('refuses %j, which is not JSON', (text) => {
    const error = catchError(() => parseManifest(text, 'the-key'));
    expect(error).toMatchObject({ type: 'ManifestUnreadable' });
    expect(error.message).toBe(
      'the-key is not JSON; restore it from a copy of the store, or make a new backup.',
    );
  });

  it('never throws anything else', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(catchError(() => parseManifest(text, 'the-key'))).toBeInstanceOf(OperationError);
      }),
    );
  });
});
