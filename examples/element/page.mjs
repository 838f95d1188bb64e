// Shows the API keys of the signed-in user. The page has no token of Keyward until its backend creates a portal session.
const form = document.querySelector('#sign-in');

const post = (path, body) =>
  fetch(path, {
    method: 'POST',
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });

/** Returns an access token for the element, or undefined if the user is not signed in. */
async function newToken() {
  const response = await post('/portal-session');
  if (response.status === 401) return undefined;
  return (await response.json()).accessToken;
}

/** @param {string} token the first token, so that the element need not ask for another one */
function showKeys(token) {
  const element = document.createElement('keyward-keys');
  element.setAttribute('endpoint', 'KEYWARD_ORIGIN/graphql');
  element.setAttribute('features', 'create,edit,rotate,revoke,usage,events');
  element.getToken = ({ reason }) => (reason === 'first' ? token : newToken());
  document.querySelector('#keys').replaceChildren(element);
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const { status } = await post('/sign-in', Object.fromEntries(new FormData(form)));
  if (status !== 204) {
    form.querySelector('[role=alert]').textContent = 'Email or password is wrong.';
    return;
  }
  form.hidden = true;
  showKeys(await newToken());
});

const token = await newToken();
if (token) showKeys(token);
else form.hidden = false;
