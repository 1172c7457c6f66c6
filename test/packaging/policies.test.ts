import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** What each file grants, without what AWS forbids on top of it; MinIO enforces those in object-lock.test.ts. */
const permissionsOf = {
  aws: (policy: { Statement: { Effect: string; Action: string[] }[] }) =>
    policy.Statement.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => Action),
  azure: (role: { DataActions: string[] }) => role.DataActions,
  gcs: (role: { includedPermissions: string[] }) => role.includedPermissions,
};

const provider = ['aws', 'azure', 'gcs'] as const;
function granted(of: (typeof provider)[number], identity: string): string[] {
  const text = readFileSync(`deploy/policies/${of}/${identity}.json`, 'utf8');
  return permissionsOf[of](JSON.parse(text) as never);
}

const DELETES = /delete/i;
const WRITES = /PutObject$|PutObjectRetention|blobs\/write|add\/action|objects\.create|setRetention/;
const LIFTS = /Bypass|runAsSuperUser|overrideUnlockedRetention|PutObjectLegalHold|\*/;

describe.each(provider)('the policies for %s', (of) => {
  it('let the writer write and never delete', () => {
    expect(granted(of, 'writer').some((permission) => WRITES.test(permission))).toBe(true);
    expect(granted(of, 'writer').filter((permission) => DELETES.test(permission))).toEqual([]);
  });

  it('let the reader only read', () => {
    expect(granted(of, 'reader').filter((each) => DELETES.test(each) || WRITES.test(each))).toEqual([]);
  });

  it('let the pruner delete and never write', () => {
    expect(granted(of, 'pruner').some((permission) => DELETES.test(permission))).toBe(true);
    expect(granted(of, 'pruner').filter((permission) => WRITES.test(permission))).toEqual([]);
  });

  it('let nobody lift a lock', () => {
    const all = ['writer', 'reader', 'pruner'].flatMap((identity) => granted(of, identity));
    expect(all.filter((permission) => LIFTS.test(permission))).toEqual([]);
  });
});

it('Google’s writer may delete below .uploads/ alone', () => {
  const { bindings } = JSON.parse(readFileSync('deploy/policies/gcs/bindings.json', 'utf8')) as {
    bindings: { role: string; members: string[]; condition?: { expression: string } }[];
  };
  const deleting = bindings.filter(({ role, members }) => {
    const [, name] = /temponestBackups(\w+)$/.exec(role)!;
    const mayDelete = granted('gcs', name!.toLowerCase()).some((permission) => DELETES.test(permission));
    return mayDelete && members.some((member) => member.includes('writer@'));
  });
  expect(deleting.map(({ condition }) => condition?.expression)).toEqual([
    "resource.name.startsWith('projects/_/buckets/example-bucket/objects/temponest/.uploads/')",
  ]);
});
