import { OperationError } from '../model/failures.js';
import type { Artifact } from '../model/manifest.js';
import { redact } from '../observability/redaction.js';

/**
 * The error for an artifact that is not what was once made.
 *
 * @param fault - what is wrong with it, as the predicate of a sentence
 * @param said - by the program that found it, for the log
 */
export function damagedArtifact({ key }: Pick<Artifact, 'key'>, fault: string, said = ''): OperationError {
  return new OperationError(
    'ArtifactDamaged',
    `${key} ${fault}; restore from another store, or restore another backup.`,
    said === '' ? {} : { cause: new Error(redact(said).slice(-2000)) },
  );
}
