// The app in one tab: the client as apps use it, and what it was told.
import { createClient } from '../../../packages/client/src/main.ts';

const { issuer, apis = [] } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
let underWay = 0;
const counted = (input, init) => {
  underWay += 1;
  return fetch(input, init).finally(() => (underWay -= 1));
};
const auth = createClient({ issuer, transport: 'cookie', apis, fetch: counted });
const events = [];
const calls = [];
auth.subscribe(({ type, code }) => events.push(code ? `${type} ${code}` : type));

/** What came of it, as text: an error must not end the test by itself. */
const outcomeOf = (act) =>
  act().then(
    (value) => value ?? 'done',
    (error) => `${error.name}: ${error.code ?? error.message}`,
  );

globalThis.tab = {
  auth,
  events,
  calls,
  isBack: false,
  underWay: () => underWay,
  outcomeOf,
  /** @returns the status of a call of the app's; each is written down */
  async call(path = '/auth/me', init) {
    const outcome = await outcomeOf(async () => (await auth.fetch(issuer + path, init)).status);
    calls.push(outcome);
    return outcome;
  },
};

addEventListener('pageshow', ({ persisted }) => (globalThis.tab.isBack = persisted));
