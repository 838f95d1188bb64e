import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compressFiles } from '../../scripts/lib/console-build.mjs';

/** A build of the console in the form that Vite writes, with other content. */
export const BUILD = {
  'index.html': `<!doctype html>
<html lang="en">
  <head>
    <title>Stand-in</title>
    <script src="/console/assets/theme-0a1b2c3d.js"></script>
    <script type="module" src="/console/assets/app-4e5f6071.js"></script>
    <link rel="stylesheet" href="/console/assets/app-8293a4b5.css">
  </head>
  <body></body>
</html>
`,
  'assets/theme-0a1b2c3d.js': 'document.documentElement.dataset.theme = "dark";\n',
  'assets/app-4e5f6071.js': `document.body.textContent = ${JSON.stringify('the application '.repeat(500))};\n`,
  'assets/app-8293a4b5.css': `body { color: rebeccapurple; }\n${'.a { color: red; }\n'.repeat(200)}`,
  'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
  'embed/keyward-keys.js': `customElements.define('keyward-keys', class extends HTMLElement {});\n${'// element\n'.repeat(200)}`,
};

/** Writes a build into a new folder, and returns the folder. */
export function writeBuild(files: Readonly<Record<string, string>> = BUILD): string {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'keyward-console-')), 'dist');
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  compressFiles(folder);
  return folder;
}
