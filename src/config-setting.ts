import { z } from 'zod';
import type { Form } from './config-forms.js';

/** A setting, as `.env.example` and docs/configuration.md show it. */
export interface Setting {
  name: string;
  /** What a value must be. It completes the sentence "The value is …". */
  form: string;
  /** As text in the environment. Null if the setting is unset by default. */
  default: string | null;
  /** Whole sentences, in Markdown. Links are relative to docs. */
  description: string;
}

export const documentation = z.registry<Omit<Setting, 'name'>>();

/** Describes a setting that has the value `text` if it is unset. */
export const setting = <Value>({ text, schema }: Form<Value>, defaultText: string, description: string) =>
  schema.prefault(defaultText).register(documentation, { form: text, default: defaultText, description });

/** Describes a setting that is undefined if it is unset. */
export const optional = <Value>({ text, schema }: Form<Value>, description: string) =>
  schema.optional().register(documentation, { form: text, default: null, description });
