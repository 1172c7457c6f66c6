import { z } from 'zod';

/** The signal `approval_signal`, as TempoNest's approval service sends it. */
export const approvalSignalSchema = z.object({
  status: z.enum(['approved', 'denied']),
  approver: z.string().min(1).max(200),
  reason: z.string().max(1000).optional(),
});
export type ApprovalSignal = z.infer<typeof approvalSignalSchema>;

/** How bad a mistake would be: `medium` asks one person, `high` two. */
export type Risk = 'medium' | 'high';

/** What somebody is asked to agree to. */
export interface ApprovalRequest {
  workflowId: string;
  runId: string;
  /** One sentence for the person who decides. */
  description: string;
  risk: Risk;
  /** The facts, e.g. what would be replaced by what. */
  context: Record<string, string | number>;
}

/** Where one request stands. */
export type ApprovalAnswer =
  { status: 'pending' } | { status: 'approved' | 'denied'; approver: string; reason?: string };
