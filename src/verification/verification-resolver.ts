import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { Public } from '../auth/access-middleware.js';
import { ApiKeyVerification, VerifyApiKeyInput } from './verification.graphql.js';
import { answerOf } from './verification-answer.js';
import type { VerificationContext } from './verification-context.js';
import type { Verifier } from './verifier.js';
import type { VerifierTokens } from './verifier-tokens.js';

@Resolver()
export class VerificationResolver {
  readonly #verifier: Verifier;
  readonly #verifierTokens: VerifierTokens;

  constructor(verifier: Verifier, verifierTokens: VerifierTokens) {
    this.#verifier = verifier;
    this.#verifierTokens = verifierTokens;
  }

  @Public()
  @Mutation(() => ApiKeyVerification, {
    description:
      'Verifies an API key against its last committed state. It is a mutation because it counts usage and consumes the rate limit. It needs no session. VERIFIER_REFUSED if the server requires X-Verifier-Token and the token is missing or wrong.',
  })
  async verifyApiKey(
    @Arg('input', () => VerifyApiKeyInput, { description: 'Plaintext key and the request that it is presented for.' })
    input: VerifyApiKeyInput,
    @Ctx() context: VerificationContext,
  ): Promise<ApiKeyVerification> {
    const isKnownVerifier = this.#verifierTokens.check(context.verifierToken);
    const { key, scopes, ipAddress, userAgent, dryRun } = input;
    return answerOf(
      await this.#verifier.verify({
        requestId: context.requestId,
        plaintextKey: key,
        scopes: scopes ?? [],
        ipAddress: ipAddress ?? null,
        clientAddress: (isKnownVerifier ? ipAddress : null) ?? context.ipAddress,
        userAgent: userAgent ?? null,
        dryRun,
      }),
    );
  }
}
