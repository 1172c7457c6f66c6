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
  appeared: z
    .int()
    .nonnegative()
    .exactOptional()
    .describe('how many of them are new, or have become critical'),
  resolved: z.int().nonnegative().exactOptional().describe('how many of the verification before are over'),
  readBack: z
    .object({ objects: z.int().nonnegative(), bytes: z.int().nonnegative() })
    .exactOptional()
    .describe('what was read back whole'),
  reportKey: z
    .string()
    .exactOptional()
    .describe('where the report with all findings is, in the primary store'),
});

export type VerifyResult = z.infer<typeof verifyResult>;

/** Findings in a result, which Temporal stores, and what they may take of it: bytes of JSON. */
const FINDINGS_SHOWN = 10;
const BYTES_SHOWN = 3500;

const encoder = new TextEncoder();

/** Sums findings up. */
export function summarizeFindings(
  server: string,
  findings: readonly Finding[],
  more: Pick<VerifyResult, 'appeared' | 'resolved' | 'readBack' | 'reportKey'> = {},
): VerifyResult {
  const critical = findings.filter(({ severity }) => severity === 'critical');
  const others = findings.filter(({ severity }) => severity !== 'critical');
  return {
    server,
    critical: critical.length,
    warnings: others.length,
    findings: firstFindings([...critical, ...others]),
    ...more,
  };
}

/** The first of them, as many as fit into what Temporal stores. */
function firstFindings(findings: readonly Finding[]): Finding[] {
  let bytes = 0;
  const isTooMuch = (one: Finding) => (bytes += encoder.encode(JSON.stringify(one)).length) > BYTES_SHOWN;
  const fitting = findings.findIndex(isTooMuch);
  return findings.slice(0, fitting < 0 ? FINDINGS_SHOWN : Math.min(FINDINGS_SHOWN, fitting));
}
