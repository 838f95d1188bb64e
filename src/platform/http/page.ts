import { createHash } from 'node:crypto';

/** Colors and fonts of Keyward's pages, light and dark. It loads no external font or image. */
export const PAGE_STYLE = `
  :root {
    color-scheme: light dark;
    --page: #f7f8fa; --panel: #fff; --line: #d9dde4; --text: #1b2230; --soft: #5a6475; --accent: #2450c8; --on-accent: #fff; --bad: #b42318;
  }
  @media (prefers-color-scheme: dark) {
    :root {
      --page: #12161d; --panel: #1a2029; --line: #333c4a; --text: #e6e9ef; --soft: #a3adbd; --accent: #8fb0ff; --on-accent: #0f1420; --bad: #ff9d92;
    }
  }
  * { box-sizing: border-box; }
  html { height: 100%; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
  body { margin: 0; min-height: 100%; }
  h1, h2, p { margin: 0; }
  a { color: var(--accent); }
  code, pre, textarea { font: 13px/1.5 ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
`;

/** Returns the source expression that allows an inline script or style in a Content-Security-Policy. */
export const sourceHash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/**
 * Returns the HTML of a page. Does not escape its arguments, so pass constants only.
 *
 * @param page.script inline script at the end of the body
 */
export function htmlPage(page: { title: string; style: string; body: string; script?: string }): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${page.title}</title>
    <link rel="icon" href="data:,">
    <style>${page.style}</style>
  </head>
  <body>
${page.body.trim()}
${page.script === undefined ? '' : `<script>${page.script}</script>\n`}</body>
</html>
`;
}
