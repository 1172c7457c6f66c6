/**
 * Hosts of this machine or a private network: names without a dot, or in a domain that no public server answers for, and
 * private addresses.
 *
 * @see https://www.iana.org/assignments/special-use-domain-names, RFC 1918, 4193, 6598
 */
const PRIVATE = [
  /^[^.:]+$/,
  /\.(localhost|local|internal|lan|home\.arpa|test|invalid)$/,
  /^(127|10)\.\d+\.\d+\.\d+$/,
  /^(192\.168|169\.254)\.\d+\.\d+$/,
  /^172\.(1[6-9]|2\d|3[01])\.\d+\.\d+$/,
  /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+$/,
  /^\[(::1|f[cd][0-9a-f]{2}:.*|fe80:.*)\]$/,
];

/** Whether a URL leads to this machine or into a private network, as far as its host's name tells. */
export function isPrivateUrl(url: string): boolean {
  const host = /^[a-z]+:\/\/(?:[^@/]*@)?(\[[^\]]*\]|[^:/?#]*)/i.exec(url)?.[1]?.toLowerCase() ?? '';
  return PRIVATE.some((pattern) => pattern.test(host));
}
