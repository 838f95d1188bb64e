/**
 * @param authorization the header as it was sent
 * @returns the token; undefined where there is none, or one of another scheme
 */
export function bearerTokenOf(authorization: string | undefined): string | undefined {
  // RFC 9110 §11.1: the scheme in any case. RFC 6750 §2.1: one space, though more than one does no harm.
  return /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
}
