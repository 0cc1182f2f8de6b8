// The page: who is signed in, their notes, and what happens when the session ends, here or elsewhere.
import { createClient } from '@watchword/client';

const { issuer } = document.documentElement.dataset;
const auth = createClient({ issuer, transport: 'cookie', apis: [location.origin] });

const element = (id) => document.getElementById(id);
const say = (text) => (element('status').textContent = text);
function show(part) {
  for (const section of document.querySelectorAll('section')) section.hidden = section.id !== part;
}

// Signing in is Watchword's page; it comes back here, where the cookies are already set.
for (const link of document.querySelectorAll('.sign-in'))
  link.href = `${issuer}/account/sign-in?return_to=${encodeURIComponent(location.href)}`;

/** Sends a request to our own API. The client refreshes when that helps; whatever else happens is said here. */
async function request(path, init) {
  try {
    const answer = await auth.fetch(path, init);
    say(answer.ok || answer.status === 401 ? '' : `That did not work (${answer.status}). Please try again.`);
    return answer;
  } catch {
    say('No answer. Please check the connection.'); // offline, or not refreshed yet: the session lives
    return undefined;
  }
}

async function list() {
  const answer = await request('/api/notes');
  if (!answer?.ok) return false;
  const items = (await answer.json()).map((text) => Object.assign(document.createElement('li'), { textContent: text }));
  element('notes').replaceChildren(...items);
  return true;
}

let stream;
/** The API closes this stream when it no longer accepts our token, and refuses the next one: time to ask why. */
function watch() {
  stream?.close();
  stream = new EventSource('/api/watch');
  stream.addEventListener('error', async () => {
    if (stream.readyState !== EventSource.CLOSED) return; // it connects again by itself
    await list(); // refreshes where that helps; an end arrives below
    if (auth.user) setTimeout(watch, 1_000);
  });
}

async function begin() {
  element('email').textContent = auth.user.email;
  show('signed-in');
  await list();
  watch();
}

auth.subscribe(({ type, code }) => {
  if (type === 'signed-in') void begin(); // here or in another tab
  if (type !== 'ended') return;
  stream?.close();
  // Without a code somebody signed out in this browser. With one the service ended the session: say so.
  show(code ? 'ended' : 'signed-out');
  if (code) document.querySelector('#ended h2').focus();
});

element('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const answer = await request('/api/notes', { method: 'POST', body: element('note').value });
  if (!answer?.ok) return; // what was typed stays
  element('form').reset();
  await list();
});
element('clear').addEventListener('click', async () => {
  await request('/api/notes', { method: 'DELETE' });
  await list();
});
element('sign-out').addEventListener('click', () => auth.signOut().catch(() => say('Not signed out yet. Try again.')));

try {
  if (!(await auth.restore())) show('signed-out'); // otherwise the listener above has begun
} catch {
  say('No answer. Please load the page again.'); // nobody knows who is signed in
}
