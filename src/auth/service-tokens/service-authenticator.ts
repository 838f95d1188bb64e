import { actorFields, type RequestSource } from '../../platform/actor.js';
import type { Clock } from '../../platform/clock.js';
import { KeywardError } from '../../platform/errors/keyward-error.js';
import { LogLimiter } from '../../platform/log-limiter.js';
import type { Logger } from '../../platform/logger.js';
import type { Users } from '../accounts/users.js';
import type { ServiceCaller } from '../caller.js';
import type { TokenRejection } from '../token-rejection.js';
import type { ActingHeaders } from './acting-headers.js';
import { isWellFormed, rejectionOf } from './service-token-rules.js';
import type { ServiceTokenUses } from './service-token-use.js';
import type { ServiceTokens } from './service-tokens.js';

const FROM_BROWSER = 'A service token must not be sent by a browser. If your backend forwards requests, drop their Origin header.';

interface Dependencies {
  serviceTokens: ServiceTokens;
  uses: ServiceTokenUses;
  users: Users;
  clock: Clock;
  logger: Logger;
}

/** Finds the service that a service token belongs to, with the user that it acts for. */
export class ServiceAuthenticator {
  readonly #deps: Dependencies;
  readonly #browsers: LogLimiter;
  readonly #refusals: LogLimiter;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#browsers = new LogLimiter(deps.logger, 'warn', FROM_BROWSER);
    this.#refusals = new LogLimiter(deps.logger, 'warn', 'request of a service rejected');
  }

  /** Reads the token, which takes effect and ends at the next request, and the user that the service acts for. */
  async authenticate(token: string, headers: ActingHeaders, source: RequestSource): Promise<ServiceCaller | TokenRejection> {
    const { serviceTokens, uses, users, clock } = this.#deps;
    const found = isWellFormed(token) ? await serviceTokens.find(token) : null;
    if (!found) return { rejection: 'unknown service token' };
    const { id, name, cidrs, permissions, revokedAt } = found.serviceToken;
    const state = { isRevoked: revokedAt !== null, endsAtMs: found.endsAtMs, cidrs };
    const rejection = rejectionOf(state, source.ipAddress, clock.now().getTime());
    if (rejection !== null) return { rejection, serviceToken: name };
    uses.mark(id);
    const { onBehalfOf: externalId, actor: person, clientAddress } = headers;
    return {
      kind: 'service',
      serviceTokenId: id,
      permissions,
      onBehalfOf: externalId === null ? null : { externalId, user: await users.findByExternalId(externalId) },
      actor: { kind: 'service', source, name, person, clientAddress },
    };
  }

  /** Logs that a service may not use an operation. */
  logRefusal({ actor }: ServiceCaller, { details: { requiredPermission } }: KeywardError): void {
    this.#refusals.log(requiredPermission ?? 'other', { ...actorFields(actor), requiredPermission });
  }

  /** Logs that a web page sent a service token. @returns the error for its request */
  refuseBrowser({ requestId, ipAddress }: RequestSource): KeywardError {
    this.#browsers.log('Origin', { requestId, ipAddress });
    return new KeywardError('FORBIDDEN', FROM_BROWSER);
  }

  close(): void {
    this.#browsers.close();
    this.#refusals.close();
  }
}
