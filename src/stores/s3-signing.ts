import type { S3Client } from '@aws-sdk/client-s3';

const PAYLOAD_DIGEST = 'x-amz-content-sha256';

/**
 * Lets requests that carry the SHA-256 of their body be signed with it: the SDK would compute it a second time.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html (`x-amz-content-sha256`)
 */
export function signWithChecksum(client: S3Client): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const { Body, ChecksumSHA256 } = args.input as { Body?: unknown; ChecksumSHA256?: string };
      const { headers } = args.request as { headers: Record<string, string> };
      if (Body !== undefined && ChecksumSHA256 !== undefined)
        headers[PAYLOAD_DIGEST] = Buffer.from(ChecksumSHA256, 'base64').toString('hex');
      return next(args);
    },
    { step: 'build', name: 'signWithChecksum' },
  );
}
