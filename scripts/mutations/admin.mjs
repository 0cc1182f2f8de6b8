// Guards of administrators and of their acts taken away, which their tests must detect.
const GUARD = 'src/auth/administrator.guard.ts';
const MARK = 'src/http/for-administrators.decorator.ts';
const STATUS = 'src/users/user-status.ts';
const ACTS = 'src/accounts/account-status.ts';

/**
 * Each is [the test file, words of the test's name, edits]; an edit is [file, present text, text with the mistake].
 * @type {Record<string, [string, string, string[][]]>}
 */
const guards = {
  'anybody may administer': [
    'admin-doors',
    'a user, and a role',
    [[GUARD, '!(await this.isAdministrator(user))', '(await this.isAdministrator(user)) === undefined']],
  ],
  'the token alone says who is an administrator': [
    'admin-doors',
    'somebody took by hand',
    [[GUARD, "return user?.role === 'admin' && user.disabledAt === null;", 'return user !== undefined;']],
  ],
  'an old proof administers': [
    'admin-doors',
    'older than 15 minutes',
    [[MARK, 'NeedsRecentProof({ maxAgeSeconds: MAX_AGE_SECONDS }),', '']],
  ],
  'an entity tag is looked at before the change, not by it (L1)': [
    'admin-acts',
    'twice at once at one revision',
    [
      [
        STATUS,
        'this.keepingAnAdmin(tx, id, set, sql`${which} ${andAt(at)}`)',
        'this.keepingAnAdmin(tx, id, set, which)',
      ],
      [STATUS, 'sql`${isEnabled} ${andAt(at)}`', 'isEnabled'],
      [STATUS, 'u.disabled_at is not null ${andAt(at)}`);', 'u.disabled_at is not null`);'],
    ],
  ],
  'a stale act that changes nothing is no conflict': [
    'admin-acts',
    'at an older revision',
    [[STATUS, "return rows.length > 0 ? 'unchanged' : 'stale';", "return 'unchanged';"]],
  ],
  'half of a refused act stays': [
    'admin-acts',
    'as a whole, or not at all',
    [
      [
        ACTS,
        "if (outcome === 'stale') throw new Refusal('precondition_failed');",
        "if (outcome === 'stale') return false;",
      ],
    ],
  ],
  'a weak tag counts': [
    'admin-acts',
    'at an older revision',
    [['src/admin/if-match.ts', '/^"(\\d{1,10})"$/', '/^(?:W\\/)?"(\\d{1,10})"$/']],
  ],
  'the last administrator can be deleted': [
    'admin-acts',
    'who is the last one',
    [[STATUS, 'others.length > 0 ?', 'others.length >= 0 ?']],
  ],
  'administrators are counted without a turn': [
    'last-admin',
    'in 500 rounds',
    [[STATUS, "await takeTurn(tx, 'administrators');", '']],
  ],
  'a reason has several lines': [
    'admin-acts',
    'takes no nonsense',
    [['src/admin/reasons.ts', ".regex(oneLine, 'must be one line of plain text')", '']],
  ],
  'a session of somebody else is ended by its id': [
    'admin-acts',
    'somebody else are not found',
    [
      [
        'src/sessions/session-end.ts',
        'where user_id = ${userId} and not revoked and ${which} returning id',
        'where not revoked and ${which} returning id',
      ],
    ],
  ],
  'another issuer names our users': [
    'admin-acts',
    'as another system names it',
    [['src/admin/global-revocation.controller.ts', ' && named.iss === this.config.issuer', '']],
  ],
  'an unverified account gets a role': [
    'admin-acts',
    'whose address nobody has verified',
    [['src/admin/users.controller.ts', 'if (pendingUntil) throw', 'if (!pendingUntil === pendingUntil) throw']],
  ],
};

/** Only a failed expectation counts: a copy that does not compile detects nothing. */
const verdict = (output) => /AssertionError: (.*)/.exec(output)?.[1];

export const mutations = Object.entries(guards).map(([name, [file, test, edits]]) => ({
  name: `admin: ${name}`,
  edits,
  run: [`test/${file}.test.ts`, '-t', test],
  verdict,
}));
