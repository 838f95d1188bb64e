// Builds the console (`vite build`) and the element (`vite build --mode element`) into console/dist.
import path from 'node:path';
import { defineConfig, type Plugin } from 'vite';
import { compactDocuments } from './build/documents';
import { slimPreact } from './build/preact';
import { keptStyles, longNames, namedStyles, shortNames, styleInScript } from './build/styles';

const here = import.meta.dirname;

/** The first versions with `light-dark()`, which has no replacement in a shadow root. */
const BROWSERS = ['chrome123', 'edge123', 'firefox120', 'safari17.5'];

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
    plugins: [slimPreact(), compactDocuments(), namedStyles(), keptStyles(), isElement ? styleInScript() : blockingTheme()],
    css: { modules: { generateScopedName: isElement ? longNames(here) : shortNames(here) } },
    oxc: { jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'F_' }, jsxInject: `import { h, Fragment as F_ } from 'preact'` },
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
        optimization: { inlineConst: { mode: 'all', pass: 3 } },
        // Directives of React's server components mean nothing here.
        onwarn: (warning, warn) => warning.code !== 'MODULE_LEVEL_DIRECTIVE' && warn(warning),
        output: isElement ? { entryFileNames: 'embed/keyward-keys.js', assetFileNames: 'embed/[name][extname]' } : applicationOutput,
      },
    },
    // The server allows pages of localhost outside production, so the API can be another port.
    server: { proxy: { '/graphql': process.env.KEYWARD_URL ?? 'http://127.0.0.1:4000' } },
  };
});
