// A page or a worker with a key in IndexedDB. Its service is made up: what it was sent is told to the test.
import { bound, indexedDbKeys } from '../../../packages/client/src/bound.ts';
import { createClient, memoryStorage } from '../../../packages/client/src/main.ts';

const issuer = 'https://auth.example.com';
const keys = indexedDbKeys();
const proofs = [];
let answered = 0;

const tokens = () => ({
  user: { id: 'u', email: 'a@example.com', role: 'user', emailVerified: true },
  session: { id: 's', generation: ++answered },
  expiresIn: 900,
  refreshIn: 600,
  accessToken: 'access',
  refreshToken: `refresh ${answered}`,
});
const unproven = () =>
  new Response('{"code":"dpop_proof_invalid","session":"keep"}', {
    status: 400,
    headers: { 'content-type': 'application/problem+json' },
  });

async function service(_, { headers }) {
  const proof = new Headers(headers).get('dpop');
  proofs.push(proof);
  return proof ? Response.json(tokens()) : unproven();
}

const options = { issuer, transport: 'bearer', storage: memoryStorage(), keys, fetch: service };
const auth = createClient(bound(options));
const events = [];
auth.subscribe(({ type, code }) => events.push(code ? `${type} ${code}` : type));

/** @returns what tells one key from another */
const made = async (of = issuer) => (await keys.make(of)).jwk.x;

/** Each looks for the key before another has kept it: making one takes longer than looking. */
const madeAtOnce = () => Promise.all(Array.from({ length: 4 }, () => made()));

const madeByWorker = () =>
  new Promise((done) => {
    const worker = new Worker('/bound.js', { type: 'module' });
    worker.addEventListener('message', ({ data }) => done(data));
  });

const resultOf = (request) =>
  new Promise((done, fail) => {
    request.addEventListener('success', () => done(request.result));
    request.addEventListener('error', () => fail(request.error));
  });

/** As any script of the page that looks for the key. */
async function stolen() {
  const database = await resultOf(indexedDB.open('watchword'));
  const all = await resultOf(database.transaction('keys').objectStore('keys').getAll());
  database.close();
  const { privateKey } = all[0];
  const exported = (format) =>
    crypto.subtle.exportKey(format, privateKey).then(
      () => 'exported',
      (error) => error.name,
    );
  const { extractable, usages, type } = privateKey;
  const refusals = [await exported('jwk'), await exported('pkcs8')];
  return { count: all.length, extractable, usages, type, refusals, text: JSON.stringify(all) };
}

const forget = () => resultOf(indexedDB.deleteDatabase('watchword'));

/** As Safari in Lockdown Mode, to which a CryptoKey is nothing that can be stored. */
function keepNoKeys() {
  IDBObjectStore.prototype.put = () => {
    throw new DOMException('The object can not be cloned.', 'DataCloneError');
  };
}

globalThis.inPage = { auth, events, proofs, made, madeAtOnce, madeByWorker, stolen, forget, keepNoKeys };
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has one page
if (!globalThis.document) void made().then((key) => postMessage(key));
