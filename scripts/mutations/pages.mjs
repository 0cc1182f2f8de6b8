// Plausible mistakes in the account pages, each with the test that must find it.

/** Each is [the test file, words of the test's name, edits]; an edit is [file, present text, text with the mistake]. */
const guards = {
  'return_to leads anywhere': [
    'pages-signed-out',
    'to an origin that is not listed',
    [['packages/contract/src/return-to.ts', 'isHttp && origins.includes(url.origin) &&', 'isHttp &&']],
  ],
  'what a provider came to stays in the address': [
    'upstream-pages',
    'says what to do after upstream_declined',
    [['web/src/upstream/answer.ts', '    query.delete(name);\n', '']],
  ],
  'a text of the address is shown': [
    'upstream-pages',
    'names no provider by a text',
    [['web/src/upstream/answer.ts', "?.label ?? t('upstream.provider')", "?.label ?? id ?? ''"]],
  ],
  'a sign-in at a provider counts as one by mail': [
    'upstream',
    'works in two tabs',
    [['src/sessions/upstream-sign-ins.ts', 'provider: kept.provider, maxHours', 'maxHours']],
  ],
  'the token stays in the address bar': [
    'pages-mailed',
    'as it is mailed is found',
    [['web/src/mailed-token.ts', "history.replaceState(null, '', to(purpose));", '']],
  ],
  'a scanner that opens a link spends it': [
    'mailed-links',
    'a scanner that opens the link',
    [
      [
        'web/src/pages/mailed.tsx',
        '  return (\n    <Page title',
        '  useLayoutEffect(() => call.run({}), []);\n  return (\n    <Page title',
      ],
    ],
  ],
  'a magic link overtakes a refresh': [
    'mailed-links',
    'a magic link waits',
    [['web/src/pages/mailed.tsx', "purpose === 'magic' ? own('POST', route, body) : ", '']],
  ],
  'a double click posts twice': [
    'pages-mailed',
    'of verify posts its token on a click',
    [
      ['web/src/components/use-call.ts', 'if (isWorking.current && !wake.current) return;', ''],
      ['web/src/components/button.tsx', 'if (isOff) event.preventDefault();\n    else if', 'if'],
    ],
  ],
  'a token can be used again by Back': [
    'pages-mailed',
    'does not come back by Back',
    [['web/src/pages/mailed.tsx', 'forgetToken();', '']],
  ],
  'a lost answer counts as a failure': [
    'pages-signed-out',
    'whose answer was lost is not called taken',
    [['web/src/pages/register.tsx', 'if (mayBeDone && ', 'if (!mayBeDone && ']],
  ],
  'an account is deleted without a tick': [
    'way-own-pages',
    'the deletion needs a tick',
    [['web/src/pages/delete.tsx', "if (understood === '') return;", '']],
  ],
  'an account counts as deleted before the proof': [
    'way-own-pages',
    'the deletion needs a tick',
    [
      [
        'web/src/pages/delete.tsx',
        "await own('DELETE', '/auth/me');",
        "await own('DELETE', '/auth/me').catch(() => undefined);",
      ],
    ],
  ],
  'an act that needed a fresh proof is forgotten after it': [
    'factors-own',
    'is asked for in place',
    [['web/src/factors/use-proven.tsx', 'if (waiting.current) call.run(waiting.current.value);', '']],
  ],
  'recovery codes are left by mistake': [
    'factors-own',
    'can be copied and downloaded',
    [['web/src/router.ts', 'if (!mayLeave()) return;', '']],
  ],
  'a passkey is suggested after the page was left': [
    'factors-passkeys',
    'is suggested no more',
    [['web/src/factors/use-passkey-sign-in.ts', 'return () => gone.abort();', 'return undefined;']],
  ],
  'a session that has ended stays in the list': [
    'way-own-pages',
    'ends the session of an app',
    [['web/src/pages/devices.tsx', 'setDone(text);\n    call.run();', 'setDone(text);']],
  ],
  'everybody is shown the way to administration': [
    'admin-pages',
    'finds no such page, and no way to it',
    [['web/src/components/account-nav.tsx', "(user.role === 'admin' ? administration : [])", 'administration']],
  ],
  'everybody loads the pages of administrators': [
    'admin-pages',
    'finds no such page, and no way to it',
    [['web/src/pages/admin.tsx', "auth.user?.role === 'admin' ?", 'auth.user !== null ?']],
  ],
  'an address of a person stands in the address bar': [
    'admin-pages',
    'are found by keyboard alone',
    [
      [
        'web/src/router.ts',
        "history.replaceState(state, '');",
        "history.replaceState(state, '', `?${new URLSearchParams(state)}`);",
      ],
    ],
  ],
  'an act counts whatever somebody else has changed': [
    'admin-pages',
    'counts only for the state that was shown',
    [['web/src/admin/use-user.ts', "{ 'if-match': data.tag }", '{}']],
  ],
  'a short page of users ends the list': [
    'admin-pages',
    'a page that is short is filled',
    [['web/src/admin/use-rows.ts', 'MAX_ASKED = 5', 'MAX_ASKED = 1']],
  ],
  'a reason is lost': [
    'admin-pages',
    'takes a reason along',
    [['web/src/admin/act.tsx', "reason.trim() === '' ? {}", 'reason ? {}']],
  ],
};

/** In what serves the pages: [words of the test's name, edits]. */
const served = {
  'may be framed': [
    'may load our own files only',
    [['src/account-pages/account-document.ts', "frame-ancestors 'none'", 'frame-ancestors *']],
  ],
  'take a setting for markup': [
    'holds the settings that the pages need',
    [['src/account-pages/account-document.ts', 'asHtml(JSON.stringify(settings))', 'JSON.stringify(settings)']],
  ],
  'stay where they are switched off': [
    'with ACCOUNT_PAGES=off there are no pages',
    [
      [
        'src/account-pages/account-pages.controller.ts',
        "if (this.config.ACCOUNT_PAGES === 'off') throw",
        'if (!this) throw',
      ],
    ],
  ],
};

const mutationsOfServing = Object.entries(served).map(([name, [test, edits]]) => ({
  name: `account pages: ${name}`,
  edits,
  run: ['test/account-pages.test.ts', '-t', test],
  verdict: (output) => /(?:AssertionError|SyntaxError): (.*)/.exec(output)?.[1],
}));

const mutationsOfPages = Object.entries(guards).map(([name, [file, test, edits]]) => ({
  name: `pages: ${name}`,
  edits,
  run: ['--config', 'vitest.browser.config.ts', file, '-t', test],
  verdict: (output) => /(?:AssertionError: |TimeoutError: |Error: (?=waited ))(.*)/.exec(output)?.[1],
}));

export const mutations = [...mutationsOfServing, ...mutationsOfPages];
