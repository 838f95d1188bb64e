import { ownerOf, type Preset, parsed, timeOf } from './preset.js';

/**
 * Keys of the package prefixed-api-key, `prefix_SHORT_LONG`, of which the SHA-256 of the long token is stored. The package has no table,
 * so its fields are those that it generates, beside the fields of a line.
 */
export const PREFIXED_API_KEY: Preset = {
  name: 'prefixed-api-key',
  system: 'prefixed-api-key',
  form: { algorithm: 'sha256', encoding: 'hex', part: 'after-last:_' },
  lineOf({ prefix, shortToken, longTokenHash, userId, ...row }) {
    if (typeof shortToken !== 'string') return { faults: ['shortToken is missing'] };
    return {
      line: {
        ...row,
        ...ownerOf(row, userId),
        hash: longTokenHash,
        displayPrefix: typeof prefix === 'string' ? `${prefix}_${shortToken}` : null,
        metadata: parsed(row.metadata),
        createdAt: timeOf(row.createdAt),
      },
    };
  },
};
