import type { BaseManifest } from '../model/base-manifest.js';
import { formatBytes, formatTime } from './output.js';
import {
  describeArtifact,
  describeServer,
  describeSteps,
  describeTools,
  renderFacts,
} from './render-manifest.js';

/** The manifest of a base backup for people. */
export function renderBaseManifest(manifest: BaseManifest): string {
  const { incrementalTo, tablespaces, walSegmentBytes } = manifest;
  return renderFacts({
    'Base backup': manifest.id,
    Server: describeServer(manifest),
    Holds: incrementalTo === undefined ? 'the whole server' : `the changes since ${incrementalTo}`,
    Data: formatBytes(manifest.dataBytes),
    Begun: formatTime(new Date(manifest.startTime)),
    'Recoverable from': formatTime(new Date(manifest.stopTime)),
    'WAL needed': `${manifest.startLsn} to ${manifest.stopLsn}, timeline ${manifest.timeline}, segments of ${formatBytes(walSegmentBytes)}`,
    Tablespaces:
      tablespaces.map(({ name, location }) => `${name} (${location})`).join(', ') || 'none of its own',
    ...describeArtifact(manifest),
    'Made by': `workflow ${manifest.workflowId}, run ${manifest.runId}`,
    Steps: describeSteps(manifest),
    Tools: describeTools(manifest),
  });
}
