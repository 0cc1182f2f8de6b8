// Plausible mistakes in the signing keys, and the test that detects each.
const PLAN = 'src/keys/rotation.ts';
const RING = 'src/keys/key-ring.ts';
const PUBLISHED = 'src/keys/published-key.ts';
const STATE = 'src/keys/signing-key.ts';
const TABLE = 'src/keys/signing-keys.ts';
const unit = ['src/keys/rotation.test.ts'];
const real = (name) => ['test/key-rotation.test.ts', '-t', name];

/** [the mistake, the edits, the test]; an edit is [file, the present text, the text with the mistake]. */
const cases = [
  [
    'K1 the signer goes on after the hand-over',
    [[PLAN, '      return { retireAt: change.at, removeAt: change.removeAt };', '      return {};']],
    unit,
  ],
  ['K1 two instances act at once', [[TABLE, 'select pg_advisory_xact_lock(${KEY_LOCK})', 'select 1']], real('K6')],
  [
    'K2 a standby signs as soon as the signer is due',
    [[PLAN, 'return due > ready ? due : ready;', 'return due;']],
    unit,
  ],
  [
    'K2 an operator rotates to a young standby without --force',
    [[PLAN, 'if (!isForced && from', 'if (isForced && from']],
    unit,
  ],
  ['K2 a rotation takes effect at once', [[PLAN, 'LEAD_SECONDS = 60', 'LEAD_SECONDS = 0']], unit],
  [
    'K2 a retired key leaves the key set at once',
    [[PLAN, 'removeAt: later(at, policy.removeAfterSeconds)', 'removeAt: at']],
    real('K1 K2'),
  ],
  [
    'K2 a removed key keeps its private half',
    [[PLAN, 'return { removeAt: change.at, privateSealed: null };', 'return { removeAt: change.at };']],
    real('K1 K2'),
  ],
  [
    'K2 no standby is published after a rotation',
    [[PLAN, "    { type: 'activate', kid: to, at },\n    make(null),", "    { type: 'activate', kid: to, at },"]],
    unit,
  ],
  [
    'K3 who slept signs with what it remembers',
    [[RING, 'isOlderThan(MAX_UNCONFIRMED_MS)', 'isOlderThan(Infinity)']],
    real('slept'),
  ],
  [
    'K3 an unknown kid is refused without a look',
    [[RING, ' ?? (await this.findInDatabase(kid))', '']],
    real('published: accepted'),
  ],
  ['K3 each unknown kid asks the database', [[RING, '>= COOLDOWN_MS)', '>= 0)']], real('makes the guard ask again')],
  [
    'K3 who asks at the same time asks again',
    [[RING, 'if (!this.lookUp || ', 'if (this.lookUp === undefined || true || ']],
    real('asked for once'),
  ],
  [
    'K4 a revoked key goes on signing and verifying',
    [
      [STATE, 'if (key.revokedAt || (key.removeAt', 'if ((key.removeAt'],
      [
        RING,
        '    if (found.row.revokedAt) throw new Refusal',
        '    if (Number(found.row.revokedAt) < 0) throw new Refusal',
      ],
    ],
    real('K4'),
  ],
  [
    'K4 what was verified before is remembered',
    [
      [
        RING,
        "return found && stateOf(found.row, this.now()) !== 'removed' ? found.key : undefined;",
        'return found?.key;',
      ],
    ],
    real('K4'),
  ],
  [
    'K4 nobody signs after a revocation',
    [[PLAN, "if (state === 'signing' && heir)", "if (state === 'retired' && heir)"]],
    real('K4'),
  ],
  [
    'K4 a revoked key keeps its private half',
    [[PLAN, 'return { revokedAt: change.at, privateSealed: null };', 'return { revokedAt: change.at };']],
    real('K4'),
  ],
  [
    'K4 the version does not move',
    [['drizzle/0006_key_ring_version.sql', 'DO UPDATE SET version = ring.version + 1', 'DO NOTHING']],
    real('K4'),
  ],
  [
    'K4 a revoked successor leaves the signer without an end',
    [[PLAN, 'if (key === successor && signer)', 'if (key === signer && signer)']],
    unit,
  ],
  ['K5 an emptied table empties the key set', [[RING, 'if (keys.length === 0)', 'if (keys.length < 0)']], real('K5')],
  [
    'K5 a database that is away is a 401',
    [['src/auth/access-token.guard.ts', 'if (info instanceof Refusal || isDatabaseUnavailable(info)) throw info;', '']],
    real('K5'),
  ],
  [
    'K5 a private member is published',
    [
      [
        PUBLISHED,
        "return { kty: 'RSA', n, e, kid, use: 'sig', alg: 'RS256' };",
        "return { kty: 'RSA', n, e, kid, use: 'sig', alg: 'RS256', d: n } as PublishedKey;",
      ],
    ],
    real('K5'),
  ],
  [
    'K7 a wrong key-encryption key does not stop the start',
    [[RING, '    await this.store.prove(snapshot.keys, snapshot.now);\n', '']],
    ['test/keys.test.ts', '-t', 'K7'],
  ],
  [
    'K7 the kid is not sealed in',
    [['src/keys/key-encryption.ts', '.setAAD(Buffer.from(name))', '.setAAD(Buffer.alloc(0))', 2]],
    ['test/keys.test.ts', '-t', 'swapped'],
  ],
  [
    'K7 a re-wrap leaves the refresh secret under the old key',
    [
      [
        'src/keys/rewrap.ts',
        'for (const { name, sealed } of oldSecrets)',
        'for (const { name, sealed } of oldSecrets.slice(1))',
      ],
    ],
    ['test/key-encryption-key.test.ts', '-t', 'exchanged'],
  ],
];

/** The failed test. A copy that does not load detects nothing. */
function verdict(output) {
  const failed = /^\s*Tests\s+(\d+) failed/m.exec(output);
  const first = /^ FAIL {2}(.*)$/m.exec(output)?.[1];
  return failed ? `${failed[1]} failed, first: ${first}` : undefined;
}

export const mutations = cases.map(([name, edits, run]) => ({ name, edits, run, verdict }));
