import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
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

  @Mutation(() => ApiKeyVerification, {
    description:
      'Whether a key may pass: true to the last committed change. A mutation, because it counts usage and spends rate limit. Needs no session; VERIFIER_REFUSED where the server asks for X-Verifier-Token and it is missing or wrong.',
  })
  async verifyApiKey(
    @Arg('input', () => VerifyApiKeyInput, { description: 'The key, and what it is presented for.' }) input: VerifyApiKeyInput,
    @Ctx() context: VerificationContext,
  ): Promise<ApiKeyVerification> {
    const isKnownVerifier = this.#verifierTokens.check(context.verifierToken);
    const { key, scopes, ipAddress, userAgent } = input;
    return answerOf(
      await this.#verifier.verify({
        requestId: context.requestId,
        plaintextKey: key,
        scopes: scopes ?? [],
        ipAddress: ipAddress ?? null,
        clientAddress: (isKnownVerifier ? ipAddress : null) ?? context.ipAddress,
        userAgent: userAgent ?? null,
      }),
    );
  }
}
