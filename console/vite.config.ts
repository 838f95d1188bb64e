// Builds the console (`vite build`) and the element (`vite build --mode element`) into console/dist.
import path from 'node:path';
import { defineConfig, type Plugin } from 'vite';
import { compactDocuments } from './build/documents.ts';
import { slimPreact } from './build/preact.ts';
import { keptStyles, longNames, namedStyles, shortNames, styleInScript } from './build/styles.ts';

const here = import.meta.dirname;

/** The first versions with `light-dark()`, which has no replacement in a shadow root. */
const BROWSERS = ['chrome123', 'edge123', 'firefox120', 'safari17.5'];

/** Imports the functions that JSX becomes calls of. */
const importedJsx = (): Plugin => ({
  name: 'keyward-jsx',
  enforce: 'pre',
  transform: {
    filter: { id: /\.tsx$/ },
    handler: (code) => ({ code: `import { h as h_, Fragment as Fragment_ } from 'preact';${code}`, map: null }),
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

/** Names of Preact's own properties, such as __k. Nothing else has such names. */
const PREACT_PROPERTY = /^__[a-zA-Z]?$/;

const applicationOutput = {
  entryFileNames: 'assets/[name]-[hash].js',
  chunkFileNames: 'assets/[name]-[hash].js',
  assetFileNames: 'assets/app-[hash][extname]',
};

const elementOutput = {
  entryFileNames: 'embed/keyward-keys.js',
  assetFileNames: 'embed/[name][extname]',
  minify: { compress: true, mangle: true, mangleProps: { include: PREACT_PROPERTY } },
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
    plugins: [slimPreact(), compactDocuments(), importedJsx(), namedStyles(), keptStyles(), isElement ? styleInScript() : blockingTheme()],
    css: { modules: { generateScopedName: isElement ? longNames(here) : shortNames(here) } },
    // Calls of h are smaller than those of the function for JSX, which would be there beside it.
    oxc: { jsx: { runtime: 'classic', pragma: 'h_', pragmaFrag: 'Fragment_' } },
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
        // The name of each class where it is used, and not in an object of all names.
        optimization: { inlineConst: { mode: 'all', pass: 3 } },
        output: isElement ? elementOutput : applicationOutput,
      },
    },
    // The server allows pages of localhost outside production, so the API can be another port.
    server: { proxy: { '/graphql': process.env.KEYWARD_URL ?? 'http://127.0.0.1:4000' } },
  };
});
