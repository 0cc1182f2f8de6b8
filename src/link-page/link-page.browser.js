// Runs in the browser. Takes the token out of the address bar, and posts it when the person clicks: mail scanners open
// links and run scripts, but do not click.
const main = document.querySelector('main');
const form = document.querySelector('form');
const outcome = document.querySelector('#outcome');
const password = document.querySelector('#password');
const { route, sendsCookies, done, outcomes, reasons } = JSON.parse(main.dataset.page);
const RETRY_SECONDS = 30;
const TIMEOUT_MS = 30_000;

let token;
let isWorking = false;

/** Link rewriters move the fragment: /link/verify%23token=…, ?token=…, and the same encoded twice. */
function takeToken() {
  const found = /(?:[#?&]|%(?:25)*(?:23|3F|26))token(?:=|%(?:25)*3D)(wot_[\w-]+)/i.exec(location.href)?.[1];
  if (found !== undefined) {
    token = found;
    history.replaceState(null, '', main.dataset.path);
    say('');
  } else if (token === undefined) say(outcomes.missing);
  form.hidden = token === undefined;
}

function say(text) {
  outcome.textContent = text;
}

function finish(text) {
  token = undefined;
  form.hidden = true;
  document.querySelector('#intro').hidden = true;
  if (password) password.value = '';
  say(text);
  outcome.focus();
}

/** The link still works: the person can try again. */
function stay(text) {
  say(text);
  outcome.focus();
}

function reject(reason) {
  const [pattern, translation] = reasons.find(([each]) => new RegExp(each).test(reason)) ?? [];
  const number = pattern && new RegExp(pattern).exec(reason)?.[1];
  say(translation?.replace('$1', number) ?? (reasons.length === 0 && reason ? reason : outcomes.rejected));
  password.setAttribute('aria-invalid', 'true');
  password.focus();
}

async function post() {
  const response = await fetch(route, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, ...(password ? { newPassword: password.value } : {}) }),
    credentials: sendsCookies ? 'same-origin' : 'omit',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  return { status: response.status, ok: response.ok, problem: response.ok ? {} : await response.json() };
}

function conclude({ status, ok, problem: { code, retryAfter, errors } }) {
  if (ok) return finish(done);
  if (code === 'revocation_unconfirmed') return finish(`${done} ${outcomes.unconfirmed}`);
  if (code === 'token_invalid') return finish(outcomes.invalid);
  if (code === 'password_rejected') return reject(errors?.[0]?.message);
  if (status === 429) return stay(outcomes.tooMany.replace('{seconds}', retryAfter ?? RETRY_SECONDS));
  if (status >= 500) return stay(outcomes.unavailable);
  return stay(outcomes.failed.replace('{code}', code));
}

async function submit(event) {
  event.preventDefault();
  if (isWorking || token === undefined) return;
  isWorking = true;
  const button = form.querySelector('[type=submit]');
  button.setAttribute('aria-disabled', 'true');
  password?.removeAttribute('aria-invalid');
  say(outcomes.working);
  try {
    conclude(await post());
  } catch {
    stay(outcomes.unavailable);
  }
  button.removeAttribute('aria-disabled');
  isWorking = false;
}

function showPassword({ currentTarget: button }) {
  const isShown = password.type === 'text';
  password.type = isShown ? 'password' : 'text';
  button.setAttribute('aria-pressed', String(!isShown));
}

form.addEventListener('submit', (event) => void submit(event));
document.querySelector('#show')?.addEventListener('click', showPassword);
window.addEventListener('hashchange', takeToken);
takeToken();
