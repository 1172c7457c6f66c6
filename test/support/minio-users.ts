import { createCipheriv, createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import type { S3Address } from '../../tools/servers/s3.js';

/** Makes a user of MinIO that may do what the policy says, by the interface that its own administration tool uses. */
export async function makeMinioUser(
  server: S3Address,
  name: string,
  policy: object,
): Promise<Pick<S3Address, 'accessKeyId' | 'secretAccessKey'>> {
  const secretAccessKey = randomBytes(20).toString('hex');
  const user = JSON.stringify({ secretKey: secretAccessKey, status: 'enabled' });
  await askAdmin(server, 'add-user', { accessKey: name }, seal(server.secretAccessKey, user));
  await askAdmin(server, 'add-canned-policy', { name }, Buffer.from(JSON.stringify(policy)));
  await askAdmin(server, 'set-user-or-group-policy', {
    isGroup: 'false',
    policyName: name,
    userOrGroup: name,
  });
  return { accessKeyId: name, secretAccessKey };
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
async function askAdmin(
  { endpoint, region, accessKeyId, secretAccessKey }: S3Address,
  command: string,
  query: Record<string, string>,
  body: Buffer = Buffer.alloc(0),
): Promise<void> {
  const { host } = new URL(endpoint);
  const path = `/minio/admin/v3/${command}`;
  const search = new URLSearchParams(query).toString();
  const date = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const digest = createHash('sha256').update(body).digest('hex');
  const headers = { host, 'x-amz-content-sha256': digest, 'x-amz-date': date };
  const signed = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const request = ['PUT', path, search, lines.join(''), signed, digest].join('\n');
  const scope = `${date.slice(0, 8)}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', date, scope, createHash('sha256').update(request).digest('hex')].join(
    '\n',
  );
  const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const Authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${hmac(key, text).toString('hex')}`;
  const response = await fetch(`${endpoint}${path}?${search}`, {
    method: 'PUT',
    headers: { ...headers, Authorization },
    body: new Uint8Array(body),
  });
  if (!response.ok) throw new Error(`MinIO refused ${command}: ${await response.text()}`);
}

/**
 * Encrypts as MinIO wants secrets to be sent: salt, `02` for AES-GCM with a key by PBKDF2, nonce, one sealed fragment.
 *
 * @see https://github.com/minio/madmin-go/blob/main/encrypt.go
 */
function seal(password: string, text: string): Buffer {
  const salt = randomBytes(32);
  const nonce = randomBytes(8);
  const key = pbkdf2Sync(password, salt, 8192, 32, 'sha256');
  const sealed = (fragment: number, data: Buffer, associated: Buffer): Buffer => {
    const count = Buffer.alloc(4);
    count.writeUInt32LE(fragment);
    const cipher = createCipheriv('aes-256-gcm', key, Buffer.concat([nonce, count])).setAAD(associated);
    return Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]);
  };
  const start = sealed(0, Buffer.alloc(0), Buffer.alloc(0));
  const last = Buffer.concat([Buffer.from([0x80]), start]);
  return Buffer.concat([salt, Buffer.from([0x02]), nonce, sealed(1, Buffer.from(text), last)]);
}
