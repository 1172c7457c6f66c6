import { expect, test } from 'vitest';
import { readManifest } from '../../../src/catalogue/read-manifest.js';
import { manifestKey } from '../../../src/model/keys.js';
import type { NotificationEvent } from '../../../src/model/notification.js';
import { MAIN_QUEUE } from '../../../src/model/queues.js';
import type { VerificationReport } from '../../../src/model/verification.js';
import { readNewestVerification } from '../../../src/verification/read-newest-verification.js';
import type { verifyBackups } from '../../../src/workflows/index.js';
import { SERVER, startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { startHttpChannel } from '../../support/http-channel.js';
import { subjectOf } from '../../support/seed-backup.js';
import { waitUntil } from '../../support/wait-until.js';
import { runCli } from '../client/run-cli.js';

const { signal } = new AbortController();
const DATABASE = 'langfuse';

/** Verifies, and answers with the report. */
async function verify(system: BackupSystem): Promise<VerificationReport> {
  const result = await system.client.workflow.execute<typeof verifyBackups>('verifyBackups', {
    taskQueue: MAIN_QUEUE,
    workflowId: `verify-${crypto.randomUUID()}`,
    args: [{}],
  });
  const report = await readNewestVerification(system.store, SERVER, signal);
  expect(report?.appeared).toHaveLength(result.appeared!);
  expect(JSON.stringify(result).length).toBeLessThan(4096);
  return report!;
}

/** Backs the database up, in a second of its own, and answers with what the backup is made of. */
async function backUp(system: BackupSystem): Promise<{ manifest: string; artifact: string }> {
  const { backups } = await system.backUp({ databases: [DATABASE] });
  const { backupId } = backups[0] as { backupId: string };
  const subject = subjectOf(SERVER, DATABASE);
  const { artifact } = await readManifest(system.store, subject, backupId, signal);
  return { manifest: manifestKey(subject, backupId), artifact: artifact.key };
}

/** Puts something else in an object's place, as a fault of the store would; answers with how to make that good. */
async function damage(
  { store }: BackupSystem,
  key: string,
  change: (content: Buffer) => Buffer | undefined,
): Promise<() => Promise<void>> {
  const content = (await store.getDocument(key, signal))!;
  const put = async (other: Buffer | undefined) => {
    await store.delete(key, signal);
    if (other) await store.putDocument(key, other, signal);
  };
  await put(change(Buffer.from(content)));
  return () => put(content);
}

const flipLastByte = (content: Buffer) => {
  content[content.length - 1]! ^= 1;
  return content;
};

const sorted = (report: Pick<VerificationReport, 'findings'>) => report.findings.map(({ id }) => id).sort();

test.each(['directory', 's3'] as const)(
  'whatever is wrong with the backups in a store (%s) is told once, and once that it is no more',
  async (store) => {
    const { origin, received } = await startHttpChannel();
    const told = () => received.map(({ text }) => JSON.parse(text) as NotificationEvent);
    await using system = await startBackupSystem({
      ...{ databases: [DATABASE], store },
      configuration: {
        schedules: { nightly: { hour: 2 } },
        // Everything is read back every time.
        verify: { readBackDays: 1 },
        notifications: [{ webhook: { url: origin }, on: ['finding'] }],
      },
    });
    const { postgres } = system;
    const cli = (...args: string[]) =>
      runCli([...args, '--config', system.configurationFile], system.environment);
    await postgres.query(DATABASE, `CREATE TABLE traces AS SELECT generate_series(1, 100000) AS id`);
    expect(await cli('schedules', 'apply')).toMatchObject({ exitCode: 0 });
    const backups = [await backUp(system), await backUp(system), await backUp(system), await backUp(system)];

    const sound = await verify(system);
    expect(sound).toMatchObject({ findings: [], appeared: [], resolved: [], readBack: { objects: 4 } });

    const [first, second, third, fourth] = backups as [(typeof backups)[0], ...typeof backups];
    const repairs = [
      await damage(system, first.artifact, flipLastByte),
      await damage(system, second!.artifact, (content) => content.subarray(0, -1)),
      await damage(system, third!.artifact, () => undefined),
      await damage(system, fourth!.manifest, () => Buffer.from('{"format": "1.0", "kind":')),
    ];
    const foreign = `postgres/${SERVER}/${DATABASE}/notes.txt`;
    await system.store.putDocument(foreign, Buffer.from('mine'), signal);
    await postgres.query(DATABASE, 'DELETE FROM traces WHERE id > 9000');
    await backUp(system);
    expect(await cli('schedules', 'pause', 'nightly', '--note', 'a test')).toMatchObject({ exitCode: 0 });

    const damaged = await verify(system);
    const ids = [
      `artifact-missing/${system.store.name}/${third!.artifact}`,
      `artifact-size/${system.store.name}/${second!.artifact}`,
      `damaged/${system.store.name}/${first.artifact}`,
      `database-shrunk/${SERVER}/${DATABASE}`,
      `foreign/${system.store.name}/postgres/${SERVER}/${DATABASE}/`,
      `manifest-unreadable/${system.store.name}/${fourth!.manifest}`,
      `schedule-paused/${SERVER}/nightly`,
      `table-shrunk/${SERVER}/${DATABASE}/public.traces`,
    ];
    expect(sorted(damaged)).toEqual(ids);
    expect([...damaged.appeared].sort()).toEqual(ids);
    expect(damaged.findings).toContainEqual(
      expect.objectContaining({
        severity: 'critical',
        what: `Table public.traces of ${DATABASE} lost 91 % of its rows: 100,000 -> 9,000.`,
      }),
    );
    await waitUntil('the channel was told', () => received.length > 0);
    expect(told()).toMatchObject([{ type: 'finding.new', server: SERVER }]);
    expect(
      told()[0]!
        .findings!.map(({ id }) => id)
        .sort(),
    ).toEqual(ids);

    const page = await cli('verify');
    expect(page.exitCode).toBe(1);
    expect(page.stdout).toContain('does not have the SHA-256 it was made with. (since ');
    const again = await readNewestVerification(system.store, SERVER, signal);
    expect(sorted(again!)).toEqual(ids);
    expect(again).toMatchObject({ appeared: [], resolved: [] });
    expect(again!.findings.every(({ since }) => since <= damaged.startedAt)).toBe(true);

    for (const repair of repairs) await repair();
    await system.store.delete(foreign, signal);
    await postgres.query(DATABASE, 'INSERT INTO traces SELECT generate_series(9001, 100000)');
    await backUp(system);
    expect(await cli('schedules', 'resume', 'nightly')).toMatchObject({ exitCode: 0 });

    const repaired = await verify(system);
    expect(repaired.findings).toEqual([]);
    expect(repaired.resolved.map(({ id }) => id).sort()).toEqual(ids);
    await waitUntil('the channel was told of the end', () => received.length > 1);
    expect(await cli('verify')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`Nothing is wrong with the backups of server ${SERVER}.`) as string,
    });
    expect(told().map(({ type }) => type)).toEqual(['finding.new', 'finding.resolved']);
    expect(
      told()[1]!
        .findings!.map(({ id }) => id)
        .sort(),
    ).toEqual(ids);
  },
  600_000,
);
