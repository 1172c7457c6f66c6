import { z } from 'zod';

/** Something that is wrong with the backups, as `verifyBackups` names it. */
export const finding = z.object({
  id: z.string().describe('the same as long as the same thing is wrong'),
  severity: z
    .enum(['warning', 'critical'])
    .describe('critical: data could be lost for good, or could not be brought back'),
  what: z.string(),
  where: z.string().describe('the key, segment, database or server that it is about'),
  store: z.string().exactOptional().describe('the store that it is about, where it is about one'),
  since: z.string().exactOptional().describe('since when, where that is known'),
  remedy: z.string(),
});

export type Finding = z.infer<typeof finding>;

/** What `verifyBackups` answers; kept under 4 KiB: the first findings, the critical ones before the others. */
export const verifyResult = z.object({
  server: z.string(),
  critical: z.int().nonnegative(),
  warnings: z.int().nonnegative(),
  findings: z.array(finding).describe('the first 10, critical ones before the others'),
});

export type VerifyResult = z.infer<typeof verifyResult>;

/** Findings in a result, which Temporal stores. */
const FINDINGS_SHOWN = 10;

/** Sums findings up. */
export function summarizeFindings(server: string, findings: readonly Finding[]): VerifyResult {
  const critical = findings.filter(({ severity }) => severity === 'critical');
  const others = findings.filter(({ severity }) => severity !== 'critical');
  return {
    server,
    critical: critical.length,
    warnings: others.length,
    findings: [...critical, ...others].slice(0, FINDINGS_SHOWN),
  };
}
