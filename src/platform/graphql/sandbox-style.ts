import { PAGE_STYLE } from '../http/page.js';

/** Style of the page at /graphql. `data-view` of the body is the visible view: `page`, `sandbox` or `loading`. */
export const SANDBOX_STYLE = `${PAGE_STYLE}
  body { display: flex; flex-direction: column; min-height: 100vh; min-height: 100dvh; }
  [data-view=sandbox] { height: 100vh; height: 100dvh; }
  header { flex: none; display: flex; align-items: center; gap: 8px 20px; padding: 10px 20px; background: var(--panel); border-bottom: 1px solid var(--line); }
  h1 { font-size: 16px; white-space: nowrap; }
  h1 span { font-weight: 400; color: var(--soft); }
  nav { margin-left: auto; display: flex; align-items: center; gap: 20px; white-space: nowrap; }
  button { font: inherit; padding: 4px 14px; color: var(--accent); background: none; border: 1px solid var(--line); border-radius: 6px; cursor: pointer; }
  button:hover { border-color: var(--accent); }
  .primary, .primary:hover { color: var(--on-accent); background: var(--accent); border-color: var(--accent); }
  [hidden] { display: none !important; }

  #sandbox { flex: 1; min-height: 0; display: none; }
  iframe { display: block; width: 100%; height: 100%; border: none; }
  [data-view=sandbox] #sandbox { display: block; }
  [data-view=sandbox] main { display: none; }
  [data-view=loading] main { animation: appear 0s .5s both; }
  @keyframes appear { from { visibility: hidden; } }

  main { flex: 1; display: flex; flex-direction: column; gap: 12px; padding: 14px 20px 20px; }
  #notice { color: var(--soft); }
  form { flex: 1; display: grid; gap: 10px 16px; grid-template: auto minmax(330px, 1fr) auto / minmax(0, 1fr) minmax(0, 1fr); }
  .bar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; min-height: 34px; }
  .bar .primary { margin-left: auto; }
  .bar > label, .bar > h2 { font-size: 15px; font-weight: 600; }
  .inputs { display: grid; gap: 10px; grid-template-rows: minmax(120px, 2fr) auto minmax(96px, 1fr) auto auto; }
  .inputs label { font-weight: 600; font-size: 13px; margin-bottom: -6px; }
  .inputs label span { font-weight: 400; color: var(--soft); }
  textarea, input, pre { width: 100%; margin: 0; padding: 10px 12px; color: var(--text); background: var(--panel); border: 1px solid var(--line); border-radius: 8px; }
  textarea { resize: none; }
  input { font: inherit; padding: 6px 12px; }
  pre { overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
  /* As high as the inputs next to it, independent of the length of the response. */
  #response { height: 0; min-height: 100%; }
  #status { margin-left: auto; color: var(--soft); font-size: 13px; }
  #status.bad { color: var(--bad); }
  .curl { grid-column: 1 / -1; }
  .curl pre { max-height: 120px; }

  @media (max-width: 720px) {
    header { flex-wrap: wrap; padding: 10px 16px; }
    main { padding: 12px 16px 24px; }
    form { display: flex; flex-direction: column; }
    .bar .primary { flex: 1; }
    .inputs { display: flex; flex-direction: column; align-items: stretch; }
    #query { height: 170px; }
    #variables { height: 96px; }
    .result, #response, .curl { order: 1; }
    #response { height: auto; min-height: 120px; max-height: 60vh; }
  }
`;
