import type { Logger } from '../../platform/logger.js';
import type { ServiceTokens } from './service-tokens.js';

/** Logs combinations of settings and service tokens that let strangers do more than the operator may expect. */
export async function warnAtStart(
  serviceTokens: ServiceTokens,
  { signUpIsOpen, verificationIsOpen }: { signUpIsOpen: boolean; verificationIsOpen: boolean },
  logger: Logger,
): Promise<void> {
  if (!signUpIsOpen && !verificationIsOpen) return;
  const permissions = await serviceTokens.permissionsInUse();
  if (signUpIsOpen && permissions.length > 0) {
    logger.warn(
      'A service token exists, and sign-up is open: strangers can create accounts and valid keys. Set SIGN_UP=closed or AUTH_MODE=product if only your product may create users.',
    );
  }
  if (verificationIsOpen && permissions.some((permitted) => permitted.includes('keys:verify'))) {
    logger.warn(
      'A service token with the permission keys:verify exists, and verification is open: every caller can verify keys. Set VERIFY_ACCESS=restricted.',
    );
  }
}
