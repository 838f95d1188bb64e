import { BETTER_AUTH } from './better-auth.js';
import { DJANGO_REST_FRAMEWORK_API_KEY } from './django-rest-framework-api-key.js';
import { PREFIXED_API_KEY } from './prefixed-api-key.js';
import type { Preset } from './preset.js';
import { SANCTUM } from './sanctum.js';
import { UNKEY } from './unkey.js';

/** The presets, in the order of the help. */
export const PRESETS: readonly Preset[] = [BETTER_AUTH, UNKEY, PREFIXED_API_KEY, SANCTUM, DJANGO_REST_FRAMEWORK_API_KEY];

/** Returns the preset with a name; undefined if no preset has it. */
export const presetNamed = (name: string): Preset | undefined => PRESETS.find((preset) => preset.name === name);
