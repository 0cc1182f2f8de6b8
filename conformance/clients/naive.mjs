// A client as many are written: every process refreshes by itself, takes any error for the end of the session, writes the
// new token to its storage some time later, and follows redirects. The kit must fail it (test/conformance.test.ts).
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

let issuer = '';
let file = '';
let offset = 0;
let tokens;

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const now = () => Date.now() + offset;

function load() {
  try {
    tokens = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    tokens = undefined;
  }
}

const keep = () => writeFileSync(file, JSON.stringify(tokens ?? null));
const keepLater = () => setTimeout(keep, 1_000).unref();

const post = (path, body) =>
  fetch(issuer + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

function end(code) {
  tokens = undefined;
  keep();
  say({ event: 'ended', code });
}

async function refresh() {
  const answer = await post('/auth/refresh', { refreshToken: tokens.refreshToken });
  if (!answer.ok) return end(String(answer.status));
  tokens = await answer.json();
  keepLater();
}

async function call(url) {
  if (tokens && Date.parse(tokens.refreshAt) <= now()) await refresh();
  const headers = tokens ? { authorization: `Bearer ${tokens.accessToken}` } : {};
  const answer = await fetch(url, { headers });
  if (answer.status === 401 && tokens) await refresh();
  return { status: answer.status };
}

const acts = {
  start({ issuer: url, storage }) {
    issuer = url;
    file = join(storage, 'tokens.json');
    load();
    return { ok: true };
  },
  async 'sign-in'({ email, password }) {
    const answer = await post('/auth/login', { email, password, transport: 'bearer' });
    if (answer.ok) tokens = await answer.json();
    keep();
    return { status: answer.status };
  },
  call: ({ path, url }) => call(url ?? issuer + path),
  async 'sign-out'() {
    const { refreshToken } = tokens ?? {};
    await post('/auth/logout', { refreshToken });
    end();
    return { ok: true };
  },
  time({ offsetSeconds }) {
    offset = offsetSeconds * 1000;
    return { ok: true };
  },
};

async function act({ id, ...command }) {
  try {
    say({ id, ...(await acts[command.do](command)) });
  } catch (error) {
    say({ id, error: String(error.message) });
  }
}

createInterface({ input: process.stdin }).on('line', (line) => void act(JSON.parse(line)));
