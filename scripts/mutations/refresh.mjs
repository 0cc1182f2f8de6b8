// Plausible mistakes in the refresh, which test/refresh-model.test.ts must detect.
const REFRESH = 'src/sessions/refresh.ts';
const FAMILY = 'src/sessions/refresh-attempt.ts';
const ROTATE_EXPIRY = 'expires_at = least(s.absolute_expires_at, now + make_interval(';

/** Each edit is [file, the present text, the text with the mistake, the number of occurrences]. */
const edits = {
  'the grace never ends': [[FAMILY, 'sql`s.rotated_at + make_interval(secs => ${graceSeconds}) > now`', 'sql`true`']],
  'the grace is a minute, whatever the setting says': [
    [
      FAMILY,
      'make_interval(secs => ${graceSeconds}) > now`',
      'make_interval(secs => least(60, ${graceSeconds})) > now`',
    ],
  ],
  'a replay derives a new successor instead of the same': [
    [
      REFRESH,
      'const [row] = await replay.run(this.database, { userId, family, hash, ...graces, ...proofValues(proof) });',
      `const salt = randomBytes(SALT_BYTES);
       const successor = this.tokenIssue.successorOf(token, salt);
       const next = hashOf(successor);
       const values = { userId, family, hash, ...graces, ...proofValues(proof), next, salt };
       const [row] = await replay.run(this.database, values);`,
    ],
    [
      REFRESH,
      'set replays = s.replays + 1, ${noteProof}\n',
      "set replays = s.replays + 1, ${noteProof}, token = ${given('next')}, ratchet_salt = ${given('salt')}\n",
    ],
    [REFRESH, 'const successor = this.tokenIssue.successorOf(token, row.ratchet_salt);', ''],
  ],
  'a replay moves the window': [
    [
      REFRESH,
      'set replays = s.replays + 1, ${noteProof}\n',
      'set replays = s.replays + 1, ${noteProof}, rotated_at = now\n',
    ],
  ],
  'a reuse does not end its family': [[REFRESH, '\n  revoked = true, revoked_at', '\n  revoked = false, revoked_at']],
  "a reuse ends the user's other sessions too": [
    [REFRESH, 'and family = ${family} and not revoked and (${ends}', 'and not revoked and (${ends}'],
  ],
  'a reuse leaves the access tokens alive': [
    ['src/revocation/denials.ts', 'from ${source} where ${isWanted}\n', 'from ${source} where false and ${isWanted}\n'],
  ],
  'a generation ahead of the row is a reuse': [
    [REFRESH, "if (token.generation > seen.generation) throw this.refuse(attempt, seen, 'session_state_lost');", ''],
  ],
  'sessions of another epoch live on': [
    [FAMILY, 'and u.disabled_at is null and u.session_epoch = s.session_epoch`', 'and u.disabled_at is null`'],
  ],
  'sessions of a disabled user live on': [[FAMILY, 'and u.disabled_at is null and', 'and']],
  'a session slides past its absolute end': [[REFRESH, ROTATE_EXPIRY, 'expires_at = (now + make_interval(']],
  'a token is taken over either transport': [
    [REFRESH, " and s.transport = ${given('transport')}\n", '\n'],
    [REFRESH, "if (seen.transport !== transport) throw this.refuse(attempt, seen, 'transport_mismatch');", ''],
  ],
  'a rotation forgets the token before it': [
    [REFRESH, 'set previous_token = s.token, token', 'set previous_token = null, token'],
  ],
};

/** Only a failure of the property counts: a copy that does not start detects nothing. */
function verdict(output) {
  const failure = /Property failed after (\d+) tests?/.exec(output);
  const steps = /^Counterexample: (.*)$/m.exec(output)?.[1];
  return failure ? `in sequence ${failure[1]}, shrunk to ${steps}` : undefined;
}

export const mutations = Object.entries(edits).map(([name, changes]) => ({
  name,
  edits: changes,
  run: ['test/refresh-model.test.ts'],
  verdict,
}));
