// The script of the page at /graphql. It runs operations, shows them as curl commands, and shows Apollo Sandbox when that is
// loaded. It inserts text of a response only by `textContent` and `value`, and keeps tokens in memory. The parts below run in
// one scope, in the order of `sandboxScript`.

const ELEMENTS = `
  const element = (id) => document.getElementById(id);
  const [form, query, variables, token, response, status] = ['form', 'query', 'variables', 'token', 'response', 'status'].map(element);
  const endpoint = location.origin + location.pathname;
`;

const EXAMPLES = `
  const examples = {
    'sign-up': [
      'mutation SignUp($input: SignUpInput!) {\\n  signUp(input: $input) {\\n    accessToken\\n    user { id email }\\n  }\\n}',
      () => ({ input: { email: 'ada+' + Math.random().toString(36).slice(2, 8) + '@example.com', password: 'correct horse battery staple' } }),
    ],
    'create-key': [
      'mutation CreateKey($input: CreateApiKeyInput!) {\\n  createApiKey(input: $input) {\\n    plaintextKey\\n    apiKey { id keyPrefix name status }\\n  }\\n}',
      () => ({ input: { name: 'build server' } }),
    ],
    'verify-key': [
      'mutation VerifyKey($input: VerifyApiKeyInput!) {\\n  verifyApiKey(input: $input) { valid code keyId ownerId scopes }\\n}',
      () => ({ input: { key: seen.plaintextKey } }),
    ],
    'list-keys': ['query ListKeys {\\n  myApiKeys { id keyPrefix name status createdAt lastUsedAt }\\n}', () => ({})],
  };
  const seen = { plaintextKey: 'amos_…' };
`;

const CURL = `
  function parseVariables() {
    const text = variables.value.trim();
    const value = text === '' ? {} : JSON.parse(text);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new SyntaxError('not an object');
    return value;
  }

  function showCurl() {
    let body;
    try {
      body = JSON.stringify({ query: query.value.replace(/\\s+/g, ' ').trim(), variables: parseVariables() });
    } catch {
      return;
    }
    const authorization = token.value.trim() === '' ? '' : ' \\\\\\n  -H "authorization: Bearer $TOKEN"';
    const quoted = "'" + body.replaceAll("'", "'\\\\''") + "'";
    element('curl').textContent = 'curl ' + endpoint + " -H 'content-type: application/json'" + authorization + ' \\\\\\n  -d ' + quoted;
  }
`;

const RUN = `
  function showStatus(text, isBad) {
    status.textContent = text;
    status.classList.toggle('bad', isBad);
  }

  // Stores the values of a response that the next examples use: the token to send and the key to verify.
  function remember(value) {
    if (value === null || typeof value !== 'object') return;
    if (typeof value.accessToken === 'string') token.value = value.accessToken;
    if (typeof value.plaintextKey === 'string') seen.plaintextKey = value.plaintextKey;
    Object.values(value).forEach(remember);
  }

  async function run() {
    let body;
    try {
      body = JSON.stringify({ query: query.value, variables: parseVariables() });
    } catch {
      return showStatus('The variables are not a JSON object.', true);
    }
    showStatus('Running …', false);
    const bearer = token.value.trim();
    const headers = { 'content-type': 'application/json', ...(bearer !== '' && { authorization: 'Bearer ' + bearer }) };
    const startedAt = performance.now();
    try {
      const answer = await fetch(endpoint, { method: 'POST', headers, body });
      const result = await answer.json();
      response.textContent = JSON.stringify(result, null, 2);
      showStatus('HTTP ' + answer.status + ', ' + Math.round(performance.now() - startedAt) + ' ms', !answer.ok || Boolean(result.errors));
      remember(result.data);
    } catch {
      showStatus('The server did not answer.', true);
    }
    showCurl();
  }
`;

const EVENTS = `
  let touched = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    run();
  });
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener('input', showCurl);
  for (const event of ['input', 'click']) form.addEventListener(event, () => (touched = true));
  for (const button of document.querySelectorAll('[data-example]')) {
    button.addEventListener('click', () => {
      const [text, values] = examples[button.dataset.example];
      query.value = text;
      variables.value = JSON.stringify(values(), null, 2);
      showCurl();
    });
  }
  showCurl();
`;

const VIEWS = `
  const view = element('view');
  function show(name) {
    document.body.dataset.view = name;
    view.textContent = name === 'sandbox' ? 'Show the built-in page' : 'Show Apollo Sandbox';
  }
  view.addEventListener('click', () => show(document.body.dataset.view === 'sandbox' ? 'page' : 'sandbox'));
`;

const loadSandbox = (scriptUrl: string): string => `
  const script = document.createElement('script');
  script.src = '${scriptUrl}';
  script.addEventListener('error', () => {
    element('notice').hidden = false;
    show('page');
  });
  script.addEventListener('load', () => {
    // The frame passes its requests to this page, which sends them from the origin of the server.
    new window.EmbeddedSandbox({
      target: '#sandbox',
      initialEndpoint: endpoint,
      endpointIsEditable: false,
      runTelemetry: false,
      allowDynamicStyles: false,
    });
    view.hidden = false;
    // A user who has started to use the built-in page keeps it.
    show(touched ? 'page' : 'sandbox');
  });
  document.head.append(script);
`;

/**
 * Returns the script of the page.
 *
 * @param scriptUrl URL of Apollo's embedded Sandbox
 */
export const sandboxScript = (scriptUrl: string): string => [ELEMENTS, EXAMPLES, CURL, RUN, EVENTS, VIEWS, loadSandbox(scriptUrl)].join('');
