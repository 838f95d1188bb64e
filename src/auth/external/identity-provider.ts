/** Who vouches for users that have no password here. */
export interface IdentityProvider {
  /** The `iss` of its access tokens, to the letter. */
  issuer: string;
  /** Must be among the `aud` of its access tokens. */
  audience: string;
  /** Where its public keys are: a URL to fetch or a file. */
  jwksUrl: URL;
  /** The claim of its access tokens that names the policy of the user. Null if no claim does. */
  policyClaim: string | null;
}
