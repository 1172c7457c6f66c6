import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askForDecision, readDecision } from '../../src/approvals/temponest.js';
import { findFreePort } from '../../tools/servers/free-port.js';
import { startApprovalServer, type ApprovalServer } from '../support/approval-service.js';

let server: ApprovalServer;
beforeAll(async () => {
  server = await startApprovalServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const { signal } = new AbortController();
const request = {
  workflowId: 'restore-1',
  runId: 'run-1',
  description: 'Replace database agentic',
  risk: 'high',
  context: { database: 'agentic', backup_age_seconds: 60 },
} as const;

describe('TempoNest’s approval service', () => {
  it('is asked with what its contract names', async () => {
    const id = await askForDecision(server, request, signal);
    expect(server.requests.at(-1)).toMatchObject({
      approval_id: id,
      workflow_id: 'restore-1',
      run_id: 'run-1',
      task_description: 'Replace database agentic',
      risk_level: 'high',
      context: { database: 'agentic', backup_age_seconds: 60 },
    });
    expect(await readDecision(server, id, signal)).toEqual({ status: 'pending' });
  });

  it.each(['approved', 'denied'] as const)('says who %s it', async (status) => {
    const id = await askForDecision(server, request, signal);
    expect(await server.decide(id, status, 'ops@temponest.example')).toBe(200);
    expect(await readDecision(server, id, signal)).toEqual({ status, approver: 'ops@temponest.example' });
    expect(await server.decide(id, 'approved', 'other@temponest.example')).toBe(400);
  });

  it('that refuses the token is a fault of the configuration', async () => {
    await expect(
      askForDecision({ ...server, token: 'a wrong token' }, request, signal),
    ).rejects.toMatchObject({
      type: 'InvalidConfiguration',
      message: expect.stringMatching(/^(?!.*a wrong token).*approvals\.tokenFile/) as string,
    });
  });

  it('that is down or gone can be asked again', async () => {
    server.fail(true);
    await expect(askForDecision(server, request, signal)).rejects.toMatchObject({
      type: 'ApprovalUnavailable',
      message: expect.stringContaining('answered 503') as string,
    });
    server.fail(false);
    const gone = { url: `http://127.0.0.1:${await findFreePort()}`, token: server.token };
    await expect(readDecision(gone, 'x', signal)).rejects.toMatchObject({
      type: 'ApprovalUnavailable',
      message: expect.stringContaining('did not answer') as string,
    });
  });

  it('that answers something else is not believed', async () => {
    const id = await askForDecision(server, request, signal);
    Object.assign(server.requests.at(-1)!, { status: 'perhaps' });
    await expect(readDecision(server, id, signal)).rejects.toMatchObject({ type: 'ApprovalUnavailable' });
  });
});
