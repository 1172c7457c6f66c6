import type { Finding } from '../model/findings.js';
import type { ReportedFinding, VerificationReport } from '../model/verification.js';

const RANK = { critical: 0, warning: 1 } as const;

/**
 * What a verification has found, against what the one before had: since when each is there, what is new or has become
 * worse, and what is over.
 *
 * @param found - one id may come several times: it is then one finding that says all of it
 * @param isJudged - whether what the report before says of something could be judged anew; what could not be stays
 */
export function compareReports(
  found: readonly Finding[],
  previous: Pick<VerificationReport, 'findings'> | undefined,
  isJudged: (finding: Finding) => boolean,
  now: Date,
): Pick<VerificationReport, 'findings' | 'appeared' | 'resolved'> {
  const before = new Map(previous?.findings.map((finding) => [finding.id, finding]));
  const findings = new Map<string, ReportedFinding>();
  for (const finding of found) {
    const same = findings.get(finding.id);
    const since = before.get(finding.id)?.since ?? finding.since ?? now.toISOString();
    findings.set(finding.id, same ? join(same, finding) : { ...finding, since });
  }
  const gone = [...before.values()].filter(({ id }) => !findings.has(id));
  for (const finding of gone) if (!isJudged(finding)) findings.set(finding.id, finding);
  const isWorse = ({ id, severity }: Finding) =>
    RANK[severity] < RANK[before.get(id)?.severity ?? 'warning'] || !before.has(id);
  const sorted = [...findings.values()].sort((a, b) => RANK[a.severity] - RANK[b.severity]);
  return {
    findings: sorted,
    appeared: sorted.filter(isWorse).map(({ id }) => id),
    resolved: gone.filter(isJudged),
  };
}

const join = (one: ReportedFinding, other: Finding): ReportedFinding => ({
  ...one,
  severity: RANK[other.severity] < RANK[one.severity] ? other.severity : one.severity,
  what: one.what === other.what ? one.what : `${one.what} ${other.what}`,
});
