// Builds the console (`vite build`) and the element (`vite build --mode element`) into console/dist.
import { createHash } from 'node:crypto';
import path from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const here = import.meta.dirname;
const ELEMENT_CSS = /["'`]__KEYWARD_ELEMENT_CSS__["'`]/;

/** The first versions with `light-dark()`, which has no replacement in a shadow root. */
const BROWSERS = ['chrome123', 'edge123', 'firefox120', 'safari17.5'];

/** Returns a function that names classes by 3 characters: their names are a tenth of the element. The same class always has the same name. */
function shortNames(): (name: string, file: string) => string {
  const taken = new Map<string, string>();
  return (name, file) => {
    const place = `${path.relative(here, file)} ${name}`;
    const short = `k${createHash('sha256').update(place).digest('base64url').replace(/[-_]/g, '').slice(0, 3)}`;
    if ((taken.get(short) ?? place) !== place)
      throw new Error(`${place} and ${taken.get(short)} have the same short name. Rename one of them.`);
    taken.set(short, place);
    return short;
  };
}

/** Removes the indentation of the generated documents, and marks them as pure: the build then leaves out those without a user. */
const compactDocuments = (): Plugin => ({
  name: 'keyward-documents',
  enforce: 'pre',
  transform: {
    filter: { id: /gql\/graphql\.ts$/ },
    handler: (code) =>
      code
        .replace(/`[^`]*`/g, (text) => text.replace(/\s+/g, ' '))
        .replaceAll('= new TypedDocumentString(', '= /*#__PURE__*/ new TypedDocumentString('),
  },
});

/** Adds the theme to the page as a classic script, which runs before the first paint: the policy of the page forbids inline code. */
const blockingTheme = (): Plugin => ({
  name: 'keyward-theme',
  transformIndexHtml: {
    order: 'post',
    handler(_html, { bundle }) {
      const theme = Object.values(bundle ?? {}).find((file) => file.type === 'chunk' && file.name === 'theme');
      const src = theme ? `/console/${theme.fileName}` : '/console/src/theme.ts';
      return [{ tag: 'script', attrs: theme ? { src } : { type: 'module', src }, injectTo: 'head-prepend' }];
    },
  },
});

/** Puts the style sheet of the element into its script, which adopts it in each shadow root. */
const styleInScript = (): Plugin => ({
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
      const css = String(style.source).trim();
      script.code = script.code.replace(ELEMENT_CSS, () => JSON.stringify(css));
      delete bundle[style.fileName];
    },
  },
});

const applicationOutput = {
  entryFileNames: 'assets/[name]-[hash].js',
  chunkFileNames: 'assets/[name]-[hash].js',
  assetFileNames: 'assets/app-[hash][extname]',
};

export default defineConfig(({ mode }) => {
  const isElement = mode === 'element';
  const input = isElement
    ? path.join(here, 'src/element/keyward-keys.tsx')
    : { app: path.join(here, 'index.html'), theme: path.join(here, 'src/theme.ts') };
  return {
    root: here,
    base: '/console/',
    publicDir: false,
    plugins: [compactDocuments(), isElement ? styleInScript() : blockingTheme()],
    css: { modules: { generateScopedName: shortNames() } },
    define: { 'process.env.NODE_ENV': JSON.stringify('production') },
    build: {
      outDir: path.join(here, 'dist'),
      emptyOutDir: !isElement,
      target: BROWSERS,
      assetsInlineLimit: 0,
      cssCodeSplit: false,
      modulePreload: false,
      reportCompressedSize: false,
      rolldownOptions: {
        input,
        // Directives of React's server components mean nothing here.
        onwarn: (warning, warn) => warning.code !== 'MODULE_LEVEL_DIRECTIVE' && warn(warning),
        output: isElement ? { entryFileNames: 'embed/keyward-keys.js', assetFileNames: 'embed/[name][extname]' } : applicationOutput,
      },
    },
    // The server allows pages of localhost outside production, so the API can be another port.
    server: { proxy: { '/graphql': process.env.KEYWARD_URL ?? 'http://127.0.0.1:4000' } },
  };
});
