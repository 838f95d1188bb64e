import { ownerOf, type Preset } from './preset.js';

const SHA512 = /^sha512\$\$([0-9a-f]{128})$/;

/**
 * The table of djangorestframework-api-key from version 3, which stores the SHA-512 of the whole key `prefix.secret`. Earlier versions
 * used a slow password hash of Django, which the package replaces at the next use of a key.
 */
export const DJANGO_REST_FRAMEWORK_API_KEY: Preset = {
  name: 'django-rest-framework-api-key',
  system: 'Django REST Framework API Key',
  form: { algorithm: 'sha512', encoding: 'hex', part: 'whole' },
  lineOf(row) {
    const [, hash] = SHA512.exec(String(row.hashedKey)) ?? [];
    if (hash === undefined) return { faults: ['hashed_key must be sha512$$ and 128 hexadecimal digits (version 3 of the package)'] };
    // The time of the revocation is not stored.
    const revokedAt = row.revoked === true ? row.created : null;
    return {
      line: {
        ...ownerOf(row, row.userId),
        hash,
        displayPrefix: row.prefix,
        name: row.name,
        createdAt: row.created,
        expiresAt: row.expiryDate,
        revokedAt,
      },
    };
  },
};
