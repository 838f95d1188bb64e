/** Returns the token of an Authorization header. Undefined if the header is absent or has another scheme. */
export function bearerTokenOf(authorization: string | undefined): string | undefined {
  // RFC 9110 §11.1: the scheme in any case. RFC 6750 §2.1: one space, but accepting several does no harm.
  return /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
}

/** Returns the WWW-Authenticate header of a 401 (RFC 6750 §3). It has no error code if the request had no credential (§3.1). */
export const bearerChallenge = (hadCredential: boolean): string =>
  `Bearer realm="keyward"${hadCredential ? ', error="invalid_token"' : ''}`;
