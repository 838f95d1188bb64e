import style from './safe-text.module.css';

/** Characters that are invisible or change the order of the text around them. */
const HIDDEN = /([\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff])/u;

/** Returns text in which hidden characters are visible, for titles and labels. */
export const visibleText = (text: string): string =>
  text
    .split(HIDDEN)
    .map((part, index) => (index % 2 === 0 ? part : codeOf(part)))
    .join('');

const codeOf = (character: string): string => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

/** Text of a user or a program, in which hidden characters are visible and cannot change the text around it. */
export const SafeText = ({ children }: { children: string }) => (
  <bdi>
    {children.split(HIDDEN).map((part, index) =>
      index % 2 === 0 ? (
        part
      ) : (
        // biome-ignore lint/suspicious/noArrayIndexKey: The parts of one text have no other identity.
        <span key={index} className={style.code}>
          {codeOf(part)}
        </span>
      ),
    )}
  </bdi>
);
