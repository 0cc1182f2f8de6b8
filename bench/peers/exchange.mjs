// Sends one request to a peer and reads the answer.

const JSON_TYPE = { 'content-type': 'application/json' };
export const PASSWORD = 'a passphrase of the bench';

export const emailOf = (i) => `user-${i}@example.com`;

export const postJson = (path, body, headers = {}) => ({
  method: 'POST',
  path,
  headers: { ...JSON_TYPE, ...headers },
  body: JSON.stringify(body),
});

/** @returns `{ status, headers, body }`; headers in small letters, `set-cookie` as a list */
export async function ask(url, { path, ...request }) {
  const answer = await fetch(url + path, { ...request, redirect: 'manual' });
  const plain = { ...Object.fromEntries(answer.headers), 'set-cookie': answer.headers.getSetCookie() };
  return { status: answer.status, headers: plain, body: await answer.text() };
}

/** @throws Error unless the status is 2xx */
export function assertFine({ status, body }, what) {
  if (status < 200 || status > 299) throw new Error(`${what}: ${status} ${body}`);
}

/** @throws Error unless the status is 2xx and `field` of the JSON body is a text other than `old` */
export function newToken(answer, field, old) {
  assertFine(answer, `no ${field}`);
  const token = JSON.parse(answer.body)[field];
  if (typeof token !== 'string' || token === '' || token === old) throw new Error(`no new ${field}: ${answer.body}`);
  return token;
}

/** @returns the value of a `Cookie` header with all that the answer sets */
export function cookiesOf({ headers }) {
  const set = [headers['set-cookie'] ?? []].flat();
  return set.map((cookie) => cookie.split(';', 1)[0]).join('; ');
}

/** Caches the result of a function per number. */
export function oncePer(act) {
  const done = new Map();
  return (i) => {
    if (!done.has(i)) done.set(i, act(i));
    return done.get(i);
  };
}
