import { Registry } from 'prom-client';
import type { VerificationReport } from '../model/verification.js';
import { addGauge, toTimestamp, type MetricsPart } from './part.js';

/** What the newest verification of each server found. */
export function verificationMetrics(
  servers: readonly string[],
  readNewest: (server: string, signal: AbortSignal) => Promise<VerificationReport | undefined>,
): MetricsPart {
  const registry = new Registry();
  const findings = addGauge(registry, 'backup_findings', 'Findings of the newest verification, by severity', [
    'server',
    'severity',
  ]);
  const verified = addGauge(
    registry,
    'backup_verified_timestamp',
    'End of the newest verification, in seconds since 1970',
    ['server'],
  );
  return {
    name: 'verification',
    registry,
    async refresh(signal) {
      const read = await Promise.all(
        servers.map(async (server) => ({ server, report: await readNewest(server, signal) })),
      );
      const found = read.flatMap(({ server, report }) => (report ? [{ server, report }] : []));
      findings.replace(
        found.flatMap(({ server, report }) =>
          (['warning', 'critical'] as const).map((severity) => [
            { server, severity },
            report.findings.filter((finding) => finding.severity === severity).length,
          ]),
        ),
      );
      verified.replace(
        found.map(({ server, report }) => [{ server }, toTimestamp(new Date(report.finishedAt))]),
      );
    },
  };
}
