import { OperationError, remedyFor, typeOfHttpStatus, type FailureType } from '../model/failures.js';

/** What went wrong and, where the failure's own remedy is too general, what to do. */
type Finding = [type: FailureType, fault: string, remedy?: string];

const wrongRegion: Finding = [
  'InvalidConfiguration',
  'the bucket is in another region',
  "set the store's region",
];
const wrongSecret: Finding = ['StoreDenied', 'the access key or its secret is wrong'];
const expired: Finding = ['StoreDenied', 'the credentials have expired', 'renew them'];
const damagedOnTheWay: Finding = ['StoreUnreachable', 'the data was damaged on its way', 'check the network'];
const noLock: Finding = [
  'InvalidConfiguration',
  'the bucket has no Object Lock',
  "make one that has, or enable it, or remove the store's lock",
];
const full: Finding = ['StoreFull', 'it has no space left'];
const busy: Finding = ['StoreUnreachable', 'somebody else is writing the object', 'wait for that to end'];

/**
 * By the code of the store's answer; codes that are not listed are told by their HTTP status.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
const byCode: Record<string, Finding> = {
  NoSuchBucket: ['StoreNotFound', 'there is no such bucket', 'create it, or correct the url of the store'],
  NoSuchKey: [
    'StoreNotFound',
    'the object does not exist',
    'see what is there with "temponest-backups list"',
  ],
  InvalidAccessKeyId: wrongSecret,
  SignatureDoesNotMatch: wrongSecret,
  XAdminUserNotFound: wrongSecret, // versitygw's InvalidAccessKeyId
  ExpiredToken: expired,
  InvalidToken: expired,
  CredentialsProviderError: [
    'StoreDenied',
    'there are no credentials',
    'set accessKeyIdFile and secretAccessKeyFile, or provide them the way the AWS SDK looks for them',
  ],
  RequestTimeTooSkewed: ['StoreDenied', "this machine's clock is wrong", 'set it'],
  ObjectLockConfigurationNotFoundError: noLock,
  NoSuchObjectLockConfiguration: noLock,
  PermanentRedirect: wrongRegion,
  AuthorizationHeaderMalformed: wrongRegion,
  IllegalLocationConstraintException: wrongRegion,
  'Region is missing': ['InvalidConfiguration', 'its region is not known', "set the store's region"],
  InvalidBucketName: [
    'InvalidConfiguration',
    'that cannot be the name of a bucket',
    'correct the url of the store',
  ],
  InvalidStorageClass: ['InvalidConfiguration', 'it does not have the storage class', 'correct storageClass'],
  InvalidObjectState: ['StoreDenied', 'the object is archived', 'restore it from its archive class first'],
  KeyTooLongError: [
    'InvalidConfiguration',
    'a key is too long',
    "use a shorter server name or store's prefix",
  ],
  NoSuchUpload: [
    'StoreUnreachable',
    'the upload was ended by somebody else',
    'it starts anew with the next try',
  ],
  InvalidPart: [
    'StoreUnreachable',
    'the upload was changed by somebody else',
    'it goes on with the next try',
  ],
  BadDigest: damagedOnTheWay,
  XAmzContentSHA256Mismatch: damagedOnTheWay,
  XAmzContentChecksumMismatch: damagedOnTheWay,
  RequestTimeout: ['StoreUnreachable', 'it waited in vain for the data', 'check the network'],
  OperationAborted: busy,
  ConditionalRequestConflict: busy,
  QuotaExceeded: full,
  XMinioStorageFull: full,
  XMinioAdminBucketQuotaExceeded: full,
};

interface S3Answer {
  name?: string;
  code?: string;
  message?: string;
  $metadata?: { httpStatusCode?: number };
}

/** What the store answered, or Node's code when it did not: of an error of the SDK, or of the one made from it. */
export function answerOf(error: unknown): { code: string; status?: number | undefined } {
  const answer = (error instanceof OperationError ? error.cause : error) as S3Answer | undefined;
  const status = answer?.$metadata?.httpStatusCode;
  const isNamed = answer?.name !== undefined && answer.name !== 'Error';
  return { code: (isNamed ? answer.name : (answer?.code ?? answer?.message)) ?? 'unknown', status };
}

/**
 * An error of the SDK as one that an operator can act on. Only the code of the store's answer is repeated, because its
 * text may hold what was signed.
 */
export function toS3Error(store: { name: string; url: string }, error: unknown): OperationError {
  if (error instanceof OperationError) return error;
  const { code, status } = answerOf(error);
  const [type, fault, remedy] = byCode[code] ?? describeStatus(status);
  const said = status === undefined || code in byCode ? code : `${code}, HTTP ${status}`;
  return new OperationError(
    type,
    `Store "${store.name}" (${store.url}): ${fault} (${said}); ${remedy ?? remedyFor(type)}.`,
    { cause: error },
  );
}

function describeStatus(status: number | undefined): Finding {
  if (status === undefined) return ['StoreUnreachable', 'it cannot be reached'];
  const type = typeOfHttpStatus(status);
  if (type === 'StoreDenied') return [type, 'it refused the request'];
  if (type === 'StoreUnreachable') return [type, 'it failed', 'see whether it is up and not overloaded'];
  return [type, 'it could not do what was asked'];
}
