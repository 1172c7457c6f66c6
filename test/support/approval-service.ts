import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** A request as TempoNest's approval service keeps it. */
export interface KeptRequest {
  approval_id: string;
  workflow_id: string;
  run_id: string;
  task_description: string;
  risk_level: string;
  context: Record<string, unknown>;
  status: 'pending' | 'approved' | 'denied';
  approved_by: string | null;
  approved_at: string | null;
}

/** A server with the contract of TempoNest's approval service, on 127.0.0.1. */
export interface ApprovalServer extends AsyncDisposable {
  url: string;
  token: string;
  /** All requests, in the order in which they came. */
  requests: KeptRequest[];
  /**
   * One person's decision, as the service's page makes it.
   *
   * @returns the HTTP status: 400 when the request was decided already
   */
  decide(approvalId: string, status: 'approved' | 'denied', approver: string): Promise<number>;
  /** Answers everything with 503, until it is called with false. */
  fail(isDown: boolean): void;
}

type Answer = [status: number, body: object];

/**
 * Starts the service.
 *
 * @param onDecision - told of each decision: the service signals the workflow then
 */
export async function startApprovalServer(
  onDecision: (request: KeptRequest) => Promise<void> = () => Promise.resolve(),
): Promise<ApprovalServer> {
  const requests: KeptRequest[] = [];
  const token = randomUUID();
  let isDown = false;

  async function create(request: IncomingMessage): Promise<Answer> {
    const asked = (await json(request)) as Record<string, unknown>;
    const { workflow_id, run_id, task_description, risk_level, context } = asked;
    if (!workflow_id || !run_id || !task_description || !context) return [422, { detail: 'field required' }];
    if (!['low', 'medium', 'high'].includes(risk_level as string)) return [422, { detail: 'risk_level' }];
    const kept = {
      ...(asked as unknown as KeptRequest),
      approval_id: randomUUID(),
      status: 'pending' as const,
      approved_by: null,
      approved_at: null,
    };
    requests.push(kept);
    return [200, { approval_id: kept.approval_id, status: kept.status }];
  }

  async function decideHere(id: string, body: unknown): Promise<Answer> {
    const { status, approver } = body as { status: 'approved' | 'denied'; approver: string };
    const kept = requests.find(({ approval_id }) => approval_id === id);
    if (!kept) return [404, { detail: 'not found' }];
    if (kept.status !== 'pending') return [400, { detail: `already ${kept.status}` }];
    Object.assign(kept, { status, approved_by: approver, approved_at: new Date().toISOString() });
    await onDecision(kept);
    return [200, { status }];
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    if (isDown) return [503, { detail: 'down' }];
    if (request.headers.authorization !== `Bearer ${token}`) return [401, { detail: 'not authenticated' }];
    const [, id, action] = /^\/api\/approvals(?:\/([^/]+)(?:\/(decide))?)?$/.exec(request.url ?? '') ?? [];
    if (request.method === 'POST' && id === undefined) return create(request);
    if (request.method === 'POST' && action) return decideHere(id!, await json(request));
    const kept = requests.find(({ approval_id }) => approval_id === id);
    if (request.method !== 'GET' || !kept) return [404, { detail: 'not found' }];
    const { approval_id, status, approved_by, approved_at } = kept;
    return [200, { approval_id, status, approved_by, approved_at }];
  }

  const server = createServer((request, response: ServerResponse) => {
    void answer(request).then(([status, body]) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    token,
    requests,
    decide: async (approvalId, status, approver) => {
      const response = await fetch(`${url}/api/approvals/${approvalId}/decide`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify({ status, approver }),
      });
      await response.body?.cancel();
      return response.status;
    },
    fail: (down) => {
      isDown = down;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
