import { enKeys, type KeyMessages } from '../text/en-keys';

/** Some texts of a catalogue, at the same places. */
export type Overrides<Texts> = {
  [Name in keyof Texts]?: Texts[Name] extends (...values: never[]) => string ? Texts[Name] : Overrides<Texts[Name]>;
};

const isGroup = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function merged(texts: object, overrides: Record<string, unknown>): object {
  const entries = Object.entries(texts).map(([name, text]) => {
    const other = Object.hasOwn(overrides, name) ? overrides[name] : undefined;
    if (isGroup(text)) return [name, isGroup(other) ? merged(text, other) : text];
    return [name, typeof other === typeof text ? other : text];
  });
  return Object.fromEntries(entries);
}

/** Returns the texts of the element with some of them replaced. A replacement of another type than the text is ignored. */
export const textsWith = (overrides: Overrides<KeyMessages>): KeyMessages => merged(enKeys, overrides) as KeyMessages;
