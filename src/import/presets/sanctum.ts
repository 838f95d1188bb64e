import { ownerOf, type Preset, type PresetOptions, parsed, type Row } from './preset.js';

/** Returns the abilities as scopes. `*`, which is the default, permits everything in Sanctum. */
function scopesOf(abilities: unknown, { wildcardScopes }: PresetOptions): unknown {
  const list = parsed(abilities);
  if (!Array.isArray(list)) return list;
  return list.flatMap((ability) => (ability === '*' ? wildcardScopes : [ability]));
}

/**
 * The table `personal_access_tokens` of Laravel Sanctum, which stores the SHA-256 of the part of the token after the `|`. Sanctum accepts
 * this part alone too, and it is what Keyward accepts.
 */
export const SANCTUM: Preset = {
  name: 'sanctum',
  system: 'Laravel Sanctum',
  form: { algorithm: 'sha256', encoding: 'hex', part: 'whole' },
  lineOf: (row: Row, options) => ({
    line: {
      ...ownerOf(row, row.tokenableId),
      hash: row.token,
      name: row.name,
      scopes: scopesOf(row.abilities, options),
      createdAt: row.createdAt,
      expiresAt: row.expiresAt,
    },
  }),
};
