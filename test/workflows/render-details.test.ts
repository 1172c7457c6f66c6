import { expect, test } from 'vitest';
import { renderDetails } from '../../src/workflows/render-details.js';

const at = (time: string) => Date.parse(`2026-11-24T${time}Z`);

test('a backup shows its steps, how long those took that have ended, and the one that goes on', () => {
  const page = renderDetails({ step: 'upload', backupId: 'agentic_20261124_020000', bytesExpected: 2048 }, [
    { step: 'dump', begunAt: at('02:00:00'), endedAt: at('02:01:30'), bytesExpected: 3 * 2 ** 30 },
    { step: 'upload', begunAt: at('02:01:30'), bytesExpected: 2048 },
  ]);
  expect(page).toBe(`- Step: **upload**
- Backup: **agentic_20261124_020000**

| step | began (UTC) | took | bytes |
| --- | --- | --- | --- |
| dump | 02:00:00 | 2 min | 3.0 GiB |
| upload | 02:01:30 | goes on | 2.0 KiB |`);
});

test('how a run ended is told above its steps, and is none of them', () => {
  const page = renderDetails({ step: 'failed', trouble: 'no | space' }, [
    { step: 'dump', begunAt: at('02:00:00'), endedAt: at('02:00:01'), bytesExpected: 0 },
    { step: 'failed', begunAt: at('02:00:01'), bytesExpected: 0 },
  ]);
  expect(page).toContain('- Step: **failed**\n- Trouble: no \\| space\n');
  expect(page).not.toContain('| failed |');
});

test('of a thousand databases those are shown that something happens to', () => {
  const backups = Array.from({ length: 1000 }, (_, index) => ({
    database: `d${index}`,
    state: index === 998 ? 'failed' : index === 999 ? 'dump' : 'committed',
    bytesExpected: 0,
  }));
  const page = renderDetails({ step: 'backups', backups }, []);
  expect(page).toMatch(/\| d998 \| failed \|.*\n\| d999 \| dump \|.*\n\| d0 \|/);
  expect(page.length).toBeLessThan(4096);
  expect(page).toMatch(/\nand 950 more$/);
});

test('an approval that is waited for names who has agreed, and why an answer did not count', () => {
  const approvals = { approvedBy: ['ann'], needed: 2, ignored: 'eve is not one of the approvers.' };
  const page = renderDetails({ step: 'approval', approvals }, []);
  expect(page).toContain('- Approvals: 1 of 2, by ann. eve is not one of the approvers.');
});

test('the globals are told from a database of that name', () => {
  const backups = [
    { state: 'waiting', bytesExpected: 0 },
    { database: 'globals', state: 'waiting', bytesExpected: 0 },
  ];
  const page = renderDetails({ step: 'backups', backups }, []);
  expect(page).toContain('| _globals_ | waiting |  |\n| globals | waiting |  |');
});
