import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Plugin } from 'vite';

const STYLE_IMPORT = /import (\w+) from ('[^']+\.module\.css');/g;
const ELEMENT_CSS = /["'`]__KEYWARD_ELEMENT_CSS__["'`]/;
const LONG_CLASS = /\bkeyward_[\w-]+?_[\da-f]{8}\b/g;
const SELECTED_CLASS = /\.(keyward_[\w-]+?_[\da-f]{8})\b/g;

const digestOf = (text: string) => createHash('sha256').update(text).digest();

/** Returns a function that names classes by 3 characters: their names are a tenth of the styles. The same class always has the same name. */
export function shortNames(root: string): (name: string, file: string) => string {
  const taken = new Map<string, string>();
  return (name, file) => {
    const place = `${path.relative(root, file)} ${name}`;
    const short = `k${digestOf(place).toString('base64url').replace(/[-_]/g, '').slice(0, 3)}`;
    if ((taken.get(short) ?? place) !== place)
      throw new Error(`${place} and ${taken.get(short)} have the same short name. Rename one of them.`);
    taken.set(short, place);
    return short;
  };
}

/** Returns a function that names classes by their place. `styleInScript` shortens these names. */
export const longNames = (root: string) => (name: string, file: string) =>
  `keyward_${name}_${digestOf(path.relative(root, file)).toString('hex').slice(0, 8)}`;

/** Imports each class by its name, so that the build puts the name of the class where it is used. */
export const namedStyles = (): Plugin => ({
  name: 'keyward-named-styles',
  enforce: 'pre',
  transform: {
    filter: { id: /\/src\/.*\.tsx$/ },
    handler: (code) => ({ code: code.replace(STYLE_IMPORT, 'import * as $1 from $2;'), map: null }),
  },
});

/** Keeps the rules of a style sheet although the build has put each of its names where it is used. */
export const keptStyles = (): Plugin => ({
  name: 'keyward-kept-styles',
  enforce: 'post',
  transform: {
    filter: { id: /\.module\.css$/ },
    handler: (code) => ({ code, map: null, moduleSideEffects: 'no-treeshake' }),
  },
});

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Returns the shortest text of letters for a number: a, b, …, Z, aa, ba, … */
const lettersOf = (count: number): string =>
  (count < LETTERS.length ? '' : lettersOf(Math.floor(count / LETTERS.length) - 1)) + LETTERS[count % LETTERS.length];

/** Returns a function that numbers names: the same short name for the same long one. */
function numbering(prefix = ''): (long: string) => string {
  const names = new Map<string, string>();
  return (long) => {
    const short = names.get(long) ?? prefix + lettersOf(names.size);
    names.set(long, short);
    return short;
  };
}

/** Puts the style sheet of the element into its script, which adopts it in each shadow root. Both get short names. */
export const styleInScript = (): Plugin => ({
  name: 'keyward-element-css',
  enforce: 'post',
  generateBundle: {
    order: 'post',
    handler(_options, bundle) {
      const files = Object.values(bundle);
      const style = files.find((file) => file.type === 'asset' && file.fileName.endsWith('.css'));
      const script = files.find((file) => file.type === 'chunk');
      if (style?.type !== 'asset' || script?.type !== 'chunk' || !ELEMENT_CSS.test(script.code)) {
        throw new Error('The element has no style sheet, or no place for it.');
      }
      const css = String(style.source)
        .replace(/\/\*.*?\*\//g, '')
        .trim();
      const selected = [...css.matchAll(SELECTED_CLASS)].map(([, name = '']) => name);
      const unused = selected.filter((name) => !script.code.includes(name));
      if (unused.length > 0) throw new Error(`The element uses none of these classes: ${unused.join(', ')}`);
      const [classOf, propertyOf] = [numbering(), numbering('--kw')];
      if (/[`\\$]/.test(css)) throw new Error('The style sheet of the element does not fit into a template literal.');
      const short = css.replace(LONG_CLASS, classOf).replace(/--kw-[\w-]+/g, propertyOf);
      script.code = script.code.replace(LONG_CLASS, classOf).replace(ELEMENT_CSS, () => `\`${short}\``);
      delete bundle[style.fileName];
    },
  },
});
