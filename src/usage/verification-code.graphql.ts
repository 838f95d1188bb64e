import { registerEnumType } from 'type-graphql';
import { VerificationCode } from './verification-code.js';

registerEnumType(VerificationCode, {
  name: 'VerificationCode',
  description: 'Outcome of a verification: VALID, or the reason for the rejection.',
  valuesConfig: {
    VALID: { description: 'The key is valid for the request.' },
    MALFORMED: { description: 'The text is not an API key: its format or its checksum is wrong.' },
    NOT_FOUND: { description: 'The key does not exist. An unknown key prefix and a wrong secret have the same outcome.' },
    REVOKED: { description: 'The key was revoked.' },
    EXPIRED: { description: 'The key has expired.' },
    DISABLED: { description: 'The key is disabled.' },
    OWNER_DISABLED: { description: 'The account of the owner is disabled.' },
    IP_NOT_ALLOWED: { description: 'The key has `allowedCidrs`, and the address is outside them or unknown.' },
    INSUFFICIENT_SCOPE: { description: 'The key lacks a required scope.' },
    RATE_LIMITED: { description: 'The rate limit of the key is exhausted for the current window.' },
  },
});

export { VerificationCode };
