// Plausible mistakes that only a real browser shows: what pages of other origins see and can do.
const edits = {
  'pages of every origin may use the cookies': [
    ['src/http/csrf.ts', 'if (isGuarded && !this.isTrusted(request))', 'if (isGuarded && !request)'],
  ],
  'a sibling counts as our own page': [
    ['src/http/csrf.ts', "site === 'same-origin' ||", "site === 'same-origin' || site === 'same-site' ||"],
  ],
  'scripts see the cookies': [['src/http/cookies.ts', 'httpOnly: true', 'httpOnly: false']],
  'pages of other sites send the cookies': [['src/http/cookies.ts', "sameSite: 'lax'", "sameSite: 'none'"]],
  'pages of every origin may read answers': [['src/app.ts', 'origin: [...config.ALLOWED_ORIGINS]', 'origin: true']],
};

const CLIENT = 'packages/client/src';

/** In the client, with the title of the test that detects it. */
const ofTabs = {
  'an older cookie stays in the browser': [
    'is healed within the grace',
    [[`${CLIENT}/refresh.ts`, 'heals = true;\n', 'break;\n']],
  ],
  'of two cookies at once, one of which is older, either stays': [
    'is healed also',
    [[`${CLIENT}/refresh.ts`, 'return isAlone;', 'return true;']],
  ],
  'a redirect takes the credentials along': [
    'by cookie a listed origin',
    [[`${CLIENT}/requests.ts`, "redirect: 'error'", "redirect: 'follow'"]],
  ],
  'every origin gets the credentials': [
    'by cookie a listed origin',
    [[`${CLIENT}/requests.ts`, '!origins.has(site) || ', '']],
  ],
  'each tab refreshes for itself': [
    'refresh once',
    [[`${CLIENT}/tabs.ts`, 'channel?.postMessage(message)', 'channel?.postMessage({ type: "none" })']],
  ],
};

/** In the keys of bound sessions. */
const ofKeys = {
  'scripts of the page can take the key away': [
    [`${CLIENT}/proof-key.ts`, "namedCurve: 'P-256' }, false", "namedCurve: 'P-256' }, true"],
  ],
  'tabs that make the key at once have different ones': [
    [`${CLIENT}/indexed-db-keys.ts`, 'if (!fresh || request.result) return;', 'if (!fresh) return;'],
    [`${CLIENT}/indexed-db-keys.ts`, 'request.result ?? fresh', 'fresh ?? request.result'],
  ],
  'what the browser cannot keep aborts the transaction': [
    [`${CLIENT}/indexed-db-keys.ts`, 'reject(error); //', 'throw error; //'],
  ],
};

/** Only a failed expectation counts. */
const verdict = (output) => /(?:AssertionError: |Error: (?=waited ))(.*)/.exec(output)?.[1];
const config = ['--config', 'vitest.browser.config.ts'];

export const mutations = [
  ...Object.entries(edits).map(([name, changes]) => ({
    name: `browser: ${name}`,
    edits: changes,
    run: [...config, 'isolation', '--bail', '1'],
    verdict,
  })),
  ...Object.entries(ofTabs).map(([name, [test, changes]]) => ({
    name: `tabs: ${name}`,
    edits: changes,
    run: [...config, 'tabs', 'isolation-apis', '-t', test],
    verdict,
  })),
  ...Object.entries(ofKeys).map(([name, changes]) => ({
    name: `proof keys: ${name}`,
    edits: changes,
    run: [...config, 'bound', '--bail', '1'],
    verdict,
  })),
];
