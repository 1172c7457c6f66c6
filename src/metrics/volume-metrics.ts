import { statfs } from 'node:fs/promises';
import { Registry } from 'prom-client';
import { addGauge, type MetricsPart } from './part.js';

/** How full the file systems are that backups are made and kept on, by what they are called and one of their directories. */
export function volumeMetrics(volumes: readonly { volume: string; directory: string }[]): MetricsPart {
  const registry = new Registry();
  const used = addGauge(
    registry,
    'backup_storage_used_ratio',
    'How full the staging volume, or the volume of a store that is a directory, is: 1 is full',
    ['volume'],
  );
  return {
    name: 'volumes',
    registry,
    async refresh() {
      used.replace(
        await Promise.all(
          volumes.map(async ({ volume, directory }) => [{ volume }, await readUsedRatio(directory)] as const),
        ),
      );
    },
  };
}

/** As df(1) has it: of what ordinary users may use. */
async function readUsedRatio(directory: string): Promise<number> {
  const { blocks, bfree, bavail } = await statfs(directory);
  const used = blocks - bfree;
  return used / (used + bavail);
}
