import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { Public } from '../auth/access-middleware.js';
import { ApiKeyVerification, VerifyApiKeyInput } from './verification.graphql.js';
import { answerOf } from './verification-answer.js';
import type { VerificationContext } from './verification-context.js';
import type { Verifier } from './verifier.js';
import type { VerifierAccess } from './verifier-access.js';

@Resolver()
export class VerificationResolver {
  readonly #verifier: Verifier;
  readonly #access: VerifierAccess;

  constructor(verifier: Verifier, access: VerifierAccess) {
    this.#verifier = verifier;
    this.#access = access;
  }

  @Public()
  @Mutation(() => ApiKeyVerification, {
    description:
      'Verifies an API key against its last committed state. It is a mutation because it counts usage and consumes the rate limit. It needs no session. If the server restricts verification, it needs a verifier token in X-Verifier-Token, or a service token with the permission keys:verify there or in Authorization: VERIFIER_REFUSED, UNAUTHENTICATED or FORBIDDEN without one.',
  })
  async verifyApiKey(
    @Arg('input', () => VerifyApiKeyInput, { description: 'Plaintext key and the request that it is presented for.' })
    input: VerifyApiKeyInput,
    @Ctx() context: VerificationContext,
  ): Promise<ApiKeyVerification> {
    const { verifierToken, bearerToken } = context;
    const permit = this.#access.permitOf({ verifierToken, bearerToken, source: () => context });
    const { key, scopes, ipAddress, userAgent, dryRun } = input;
    return answerOf(
      await this.#verifier.verify({
        requestId: context.requestId,
        plaintextKey: key,
        scopes: scopes ?? [],
        ipAddress: ipAddress ?? null,
        clientAddress: (permit.isVerifier ? ipAddress : null) ?? context.ipAddress,
        userAgent: userAgent ?? null,
        dryRun,
        permit,
      }),
    );
  }
}
