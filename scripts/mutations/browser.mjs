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

export const mutations = Object.entries(edits).map(([name, changes]) => ({
  name: `browser: ${name}`,
  edits: changes,
  run: ['--config', 'vitest.browser.config.ts', 'isolation', '--bail', '1'],
  verdict: (output) => /AssertionError: (.*)/.exec(output)?.[1],
}));
