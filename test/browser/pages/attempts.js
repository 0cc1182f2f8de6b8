// Everything that a page can make a browser send to another origin. Each attempt ends when the browser is done with it.

/** @returns what each means came to: a status that the page can read, `sent` where it sees nothing, or `blocked` */
globalThis.attempt = async (method, url, body) => {
  const outcomes = {};
  for (const [name, send] of Object.entries({ ...byScript, ...(method === 'POST' ? byForm : {}) }))
    outcomes[name] = await Promise.race([
      send(method, url, body).then(
        (status) => status ?? 'sent',
        () => 'blocked',
      ),
      silence(),
    ]);
  return outcomes;
};

/** A frame stays as it is, and says nothing, when the answer to its form is a 204. */
const silence = () => new Promise((done) => setTimeout(done, 3_000, 'silence'));

const asked = { credentials: 'include' };

const byScript = {
  fetch: async (method, url, body) => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(url, { method, headers, body: body && JSON.stringify(body), ...asked })).status;
  },
  'fetch without a body': async (method, url) => (await fetch(url, { method, ...asked })).status,
  'fetch of plain text': async (method, url, body) => {
    await fetch(url, { method, mode: 'no-cors', body: JSON.stringify(body ?? {}), ...asked });
  },
  'fetch that outlives the page': async (method, url) => {
    await fetch(url, { method, mode: 'no-cors', keepalive: true, ...asked });
  },
  XMLHttpRequest: (method, url, body) =>
    new Promise((done, fail) => {
      const request = new XMLHttpRequest();
      request.open(method, url);
      request.withCredentials = true;
      request.addEventListener('load', () => done(request.status));
      request.addEventListener('error', fail);
      request.send(body && JSON.stringify(body));
    }),
  beacon: async (method, url, body) => {
    if (method !== 'POST' || !navigator.sendBeacon(url, JSON.stringify(body ?? {}))) throw new Error('not sent');
  },
  'beacon of JSON': async (method, url, body) => {
    const blob = new Blob([JSON.stringify(body ?? {})], { type: 'application/json' });
    if (method !== 'POST' || !navigator.sendBeacon(url, blob)) throw new Error('not sent');
  },
  image: (_, url) => loaded('img', { src: url }),
  script: (_, url) => loaded('script', { src: url }),
  'style sheet': (_, url) => loaded('link', { rel: 'stylesheet', href: url }),
  frame: (_, url) => loaded('iframe', { src: url }),
};

let frames = 0;
const byForm = Object.fromEntries(
  ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain'].map((enctype) => [
    `form as ${enctype}`,
    (method, url, body) => submitted({ method, action: url, enctype, target: `frame-${++frames}` }, body ?? {}),
  ]),
);

/** Loading and failing to load are the same to a page that attacks: the request was sent. */
function loaded(tag, attributes) {
  const element = Object.assign(document.createElement(tag), attributes);
  return new Promise((done) => {
    for (const end of ['load', 'error']) element.addEventListener(end, () => done());
    document.body.append(element);
  }).finally(() => element.remove());
}

function submitted(attributes, body) {
  const frame = Object.assign(document.createElement('iframe'), { name: attributes.target });
  const form = Object.assign(document.createElement('form'), attributes);
  // As text/plain, name=value is JSON: {"email":"…","x":"="}
  const fields =
    attributes.enctype === 'text/plain'
      ? { [`${JSON.stringify(body).replace(/\}$/, '').replace(/(.)$/, '$1,')}"x":"`]: '"}' }
      : body;
  for (const [name, value] of Object.entries(fields))
    form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
  document.body.append(frame, form);
  return new Promise((done) => {
    frame.addEventListener('load', () => done());
    form.submit();
  }).finally(() => (frame.remove(), form.remove()));
}
