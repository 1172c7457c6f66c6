import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ListedBackup } from '../../src/catalogue/list-backups.js';
import { reportListing } from '../../src/client/report-listing.js';
import { OperationError } from '../../src/model/failures.js';
import type { Store } from '../../src/stores/store.js';

const store = { name: 'replica', url: 'file:///replica' } as Store;
const backup: ListedBackup = {
  id: 'langfuse_20261124_020000',
  subject: { kind: 'database', server: 'main', database: 'langfuse' },
  time: new Date('2026-11-24T02:00:00Z'),
  manifestKey: 'manifest',
  artifacts: [],
};

/** What is printed for a database of a server with one backup. */
function list(database: string, configured?: string[]): string {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  reportListing(
    [backup],
    { server: 'main', store, database, ...(configured && { configured }) },
    { json: false },
  );
  return write.mock.calls.map(([text]) => String(text)).join('');
}
afterEach(() => vi.restoreAllMocks());

describe('backups of one database', () => {
  it('are none yet of one that is configured, nor of the globals', () => {
    expect(list('agentic', ['agentic'])).toBe(
      '0 backups of agentic of server main in store replica (file:///replica).\n',
    );
    expect(list('globals', ['agentic'])).toMatch(/^0 backups of globals /m);
  });

  it('are listed of one that is no longer configured', () => {
    expect(list('langfuse', ['agentic'])).toMatch(/^langfuse_20261124_020000 [^]*^1 backup of langfuse /m);
  });

  it.each([
    [['agentic'], 'agentic, langfuse'],
    [undefined, 'langfuse'],
  ])('are not said to be none of a mistyped one, with %j configured', (configured, known) => {
    const message = `"agentik" is not among the databases of server main in backups.yaml, and store replica has no backup of it; use one of: ${known}.`;
    expect(() => list('agentik', configured)).toThrow(new OperationError('InvalidArgument', message));
  });
});
