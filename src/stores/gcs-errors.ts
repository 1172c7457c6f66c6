import { OperationError, remedyFor, typeOfHttpStatus, type FailureType } from '../model/failures.js';
import { isClockWrong } from './clock.js';

/** What went wrong and, where the failure's own remedy is too general, what to do. */
type Finding = [type: FailureType, fault: string, remedy?: string];

const noCredentials: Finding = [
  'StoreDenied',
  'there are no credentials',
  'set credentialsFile, or provide them the way Google\'s clients look for them ("application default credentials")',
];
const wrongClock: Finding = ['StoreDenied', "this machine's clock is wrong", 'set it'];
const wrongCredentials: Finding = [
  'StoreDenied',
  'the credentials are wrong, revoked or expired',
  'renew them, and credentialsFile where there is one',
];
const badKey: Finding = [
  'InvalidConfiguration',
  'credentialsFile holds no key of an account',
  'write there the JSON that Google made for it',
];
const locked: Finding = ['StoreDenied', 'the object is locked or held', 'wait for the end of its retention'];

/**
 * By the reason or status of the store's answer, Node's code, or the error of the token's server; what is not listed is
 * told by its HTTP status.
 *
 * @see https://cloud.google.com/storage/docs/json_api/v1/status-codes
 */
const byCode: Record<string, Finding> = {
  // Objects that are not there are told by whoever asked for them.
  notFound: ['StoreNotFound', 'there is no such bucket', 'create it, or correct the url of the store'],
  '404': ['StoreNotFound', 'there is no such bucket', 'create it, or correct the url of the store'],
  '401': wrongCredentials,
  '403': [
    'StoreDenied',
    'the account may not do this',
    'give it the role Storage Object User (roles/storage.objectUser) on the bucket',
  ],
  '410': ['StoreUnreachable', 'the upload was ended by somebody else', 'it starts anew with the next try'],
  invalid_grant: wrongCredentials,
  invalid_client: wrongCredentials,
  MISSING_CREDENTIALS: badKey,
  ERR_OSSL_UNSUPPORTED: badKey,
  retentionPolicyNotMet: locked,
  objectUnderActiveHold: locked,
  TimeoutError: ['StoreUnreachable', 'it does not answer', 'check the network'],
};

interface GcsAnswer {
  name?: string;
  message?: string;
  /** HTTP status, or Node's code. */
  code?: number | string;
  status?: number;
  errors?: { reason?: string }[];
  response?: { data?: { error?: unknown }; headers?: Record<string, string> };
  cause?: { code?: string };
}

/** What the store answered, or Node's code when it did not: of an error of the SDK, or of the one made from it. */
export function answerOfGcs(error: unknown): { code: string; status?: number | undefined } {
  const answer = ((error instanceof OperationError ? error.cause : error) ?? {}) as GcsAnswer;
  const number = Number(answer.code ?? answer.status);
  const status = number >= 100 ? number : undefined; // below are the codes of DOMException
  const said = [
    answer.errors?.[0]?.reason,
    answer.response?.data?.error, // of the server that gives tokens
    typeof answer.code === 'string' && !status ? answer.code : undefined,
    answer.cause?.code,
    status,
    answer.name === 'Error' ? undefined : answer.name,
  ].find((part) => typeof part === 'string' || typeof part === 'number');
  return { code: String(said ?? 'unknown'), status };
}

/** Whether an object was not written because there is one. */
export function isTaken(error: unknown): boolean {
  return answerOfGcs(error).status === 412;
}

/** Whether there is no such object, session or bucket. */
export function isNotThere(error: unknown): boolean {
  return [404, 410].includes(answerOfGcs(error).status ?? 0);
}

/**
 * An error of the SDK as one that an operator can act on. Only the code of the store's answer is repeated, because its
 * text may hold more than everybody may know.
 */
export function toGcsError(store: { name: string; url: string }, error: unknown): OperationError {
  if (error instanceof OperationError) return error;
  const { code, status } = answerOfGcs(error);
  const [type, fault, remedy] =
    explain(error as GcsAnswer) ?? byCode[code] ?? byCode[String(status)] ?? describeStatus(status);
  const said = status === undefined || code === String(status) ? code : `${code}, HTTP ${status}`;
  return new OperationError(
    type,
    `Store "${store.name}" (${store.url}): ${fault} (${said}); ${remedy ?? remedyFor(type)}.`,
    // Not the SDK's own error: it holds the request, with its token.
    { cause: Object.assign(new Error(said), { name: code, code: status ?? code }) },
  );
}

/** What no code tells. */
function explain({ message = '', response, code }: GcsAnswer): Finding | undefined {
  if (message.includes('Could not load the default credentials')) return noCredentials;
  // What Google's library says of JSON without a type.
  if (message.includes('client_email') || message.includes('private_key')) return badKey;
  const isRefused = code === 401 || typeof response?.data?.error === 'string';
  return isRefused && isClockWrong(response?.headers?.date) ? wrongClock : undefined;
}

function describeStatus(status: number | undefined): Finding {
  if (status === undefined) return ['StoreUnreachable', 'it cannot be reached'];
  const type = typeOfHttpStatus(status);
  if (type === 'StoreDenied') return [type, 'it refused the request'];
  if (type === 'StoreUnreachable') return [type, 'it failed', 'see whether it is up and not overloaded'];
  return [type, 'it could not do what was asked'];
}
