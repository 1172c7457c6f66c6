import { OperationError, remedyFor, typeOfHttpStatus, type FailureType } from '../model/failures.js';
import { isClockWrong } from './clock.js';

/** What went wrong and, where the failure's own remedy is too general, what to do. */
type Finding = [type: FailureType, fault: string, remedy?: string];

const noCredentials: Finding = [
  'StoreDenied',
  'there are no credentials',
  'set connectionStringFile or sasTokenFile, or provide them the way the Azure SDK looks for them',
];
const wrongClock: Finding = ['StoreDenied', "this machine's clock is wrong", 'set it'];
const expired: Finding = ['StoreDenied', 'the shared access signature has expired', 'issue a new one'];
const notPermitted: Finding = [
  'StoreDenied',
  'the identity or signature may not do this',
  'give it the role Storage Blob Data Contributor, or the permissions racwdl',
];
const busy: Finding = ['StoreUnreachable', 'it has too much to do', 'wait; it is tried again'];
const changed: Finding = [
  'StoreUnreachable',
  'the upload was changed by somebody else',
  'it goes on with the next try',
];

/**
 * By the code of the store's answer, or the name of the SDK's error; codes that are not listed are told by their HTTP
 * status.
 *
 * @see https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
 */
const byCode: Record<string, Finding> = {
  ContainerNotFound: [
    'StoreNotFound',
    'there is no such container',
    'create it, or correct the url of the store',
  ],
  ContainerBeingDeleted: ['StoreNotFound', 'the container is being deleted'],
  BlobNotFound: [
    'StoreNotFound',
    'the object does not exist',
    'see what is there with "temponest-backups list"',
  ],
  InvalidResourceName: [
    'InvalidConfiguration',
    'that cannot be the name of a container',
    'correct the url of the store',
  ],
  // Azurite answers so, too, to a signature that is wrong.
  AuthorizationFailure: [
    'StoreDenied',
    'the key or signature is wrong, or the network is not allowed',
    "check connectionStringFile or sasTokenFile, and the account's firewall",
  ],
  AuthenticationFailed: [
    'StoreDenied',
    'the key or signature is wrong',
    'write the current one into connectionStringFile or sasTokenFile',
  ],
  AuthorizationPermissionMismatch: notPermitted,
  InsufficientAccountPermissions: notPermitted,
  AuthorizationProtocolMismatch: ['InvalidConfiguration', 'the signature allows only https', 'use https://'],
  AccountIsDisabled: ['StoreDenied', 'the account is disabled', 'have it enabled'],
  CredentialUnavailableError: noCredentials,
  AggregateAuthenticationError: noCredentials,
  AuthenticationError: ['StoreDenied', 'the identity was refused', 'check what the Azure SDK is given'],
  BlobArchived: ['StoreDenied', 'the object is archived', 'rehydrate it from the archive tier first'],
  BlobBeingRehydrated: ['StoreDenied', 'the object is being rehydrated', 'wait until it is'],
  InvalidBlockList: changed,
  InvalidBlobOrBlock: [
    'StoreConflict',
    'another program has begun to write the object',
    'end that upload, or wait for a week',
  ],
  Md5Mismatch: ['StoreUnreachable', 'the data was damaged on its way', 'check the network'],
  ServerBusy: busy,
  OperationTimedOut: busy,
  AbortError: ['StoreUnreachable', 'it does not answer', 'check the network'],
};

interface AzureAnswer {
  name?: string;
  code?: string;
  statusCode?: number;
  response?: { headers: { get(name: string): string | undefined } };
  details?: { errorCode?: string };
}

/** What the store answered, or Node's code when it did not: of an error of the SDK, or of the one made from it. */
export function answerOfAzure(error: unknown): { code: string; status?: number | undefined } {
  const answer = ((error instanceof OperationError ? error.cause : error) ?? {}) as AzureAnswer;
  // The answer to HEAD has no body, and its code in a header.
  const code = answer.code ?? answer.details?.errorCode ?? answer.name ?? 'unknown';
  return { code, status: answer.statusCode };
}

/** Whether an object was not written because there is one. */
export function isTaken(error: unknown): boolean {
  const { code, status } = answerOfAzure(error);
  return code === 'BlobAlreadyExists' || status === 412;
}

/**
 * An error of the SDK as one that an operator can act on. Only the code of the store's answer is repeated, because its
 * text may hold what was signed.
 *
 * @param address - with the shared access signature, where there is one
 */
export function toAzureError(
  store: { name: string; url: string },
  error: unknown,
  address: string,
): OperationError {
  if (error instanceof OperationError) return error;
  const { code, status } = answerOfAzure(error);
  const explained = status === 403 ? explainRefusal(error, address) : undefined;
  const [type, fault, remedy] = explained ?? byCode[code] ?? describeStatus(status);
  const said = status === undefined || code in byCode ? code : `${code}, HTTP ${status}`;
  return new OperationError(
    type,
    `Store "${store.name}" (${store.url}): ${fault} (${said}); ${remedy ?? remedyFor(type)}.`,
    // Not the SDK's own error: it holds the request, with its signature.
    { cause: Object.assign(new Error(said), { code, statusCode: status }) },
  );
}

/** What the store's code for a refusal does not tell, and the times do. */
function explainRefusal(error: unknown, address: string): Finding | undefined {
  if (isClockWrong((error as AzureAnswer).response?.headers.get('date'))) return wrongClock;
  const expiry = new URL(address).searchParams.get('se');
  return expiry !== null && Date.parse(expiry) <= Date.now() ? expired : undefined;
}

function describeStatus(status: number | undefined): Finding {
  if (status === undefined) return ['StoreUnreachable', 'it cannot be reached'];
  const type = typeOfHttpStatus(status);
  if (type === 'StoreDenied') return [type, 'it refused the request'];
  if (type === 'StoreUnreachable') return [type, 'it failed', 'see whether it is up and not overloaded'];
  return [type, 'it could not do what was asked'];
}
