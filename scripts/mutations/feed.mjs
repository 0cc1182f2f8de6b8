// Plausible mistakes in the revocation feed, and the test that detects each.
const SET = 'src/siblings/revoked-set.ts';
const CURRENT = 'src/siblings/current-set.ts';
const FEED = 'src/siblings/revocation-feed.ts';
const DOCUMENTS = 'src/siblings/feed-documents.ts';
const FOLLOWERS = 'src/siblings/followers.ts';
const CONTROLLER = 'src/siblings/feed.controller.ts';
const TRIGGERS = 'drizzle/0012_revoked_subjects.sql';
const EVERYBODY = 'src/sessions/session-end.ts';
const real = (name) => ['test/feed.test.ts', '-t', name];
const load = (name) => ['test/feed-load.test.ts', '-t', name];
const rows = (name) => ['test/revoked-subjects.test.ts', '-t', name];

/** [the mistake, the edits, the test]; an edit is [file, the present text, the text with the mistake]. */
const cases = [
  [
    'F1 an act does not wake those who follow its instance',
    [[CURRENT, 'if (this.watcher?.isFollowed()) void this.reads.next();', '']],
    real('need not wait'),
  ],
  [
    'F2 a deleted user leaves no entry',
    [[TRIGGERS, 'CREATE TRIGGER "users_deleted" BEFORE DELETE', 'CREATE TRIGGER "users_deleted" AFTER DELETE']],
    rows('deletion'),
  ],
  [
    'F2 a token of the second in which everybody ended is forgotten',
    [[EVERYBODY, 'await denyUsers(tx, marked.uncovered);', '']],
    ['test/feed-model.test.ts'],
  ],
  [
    'F2 a retry of a refresh is forgotten',
    [[EVERYBODY, 'and (replays = 0 or', 'and (true or']],
    rows('in that second'),
  ],
  [
    'F3 a document has the time of its signature',
    [[DOCUMENTS, 'const times = { iat: secondsOf(readAt), ', 'const times = { iat: secondsOf(this.keyRing.now()), ']],
    real('signed later'),
  ],
  [
    'F6 the key ring is not asked again when the set calls the signer revoked',
    [[DOCUMENTS, 'if (!kids.includes(signer.kid)) return signer;', 'if (kids.length >= 0) return signer;']],
    real('F6'),
  ],
  [
    'F6 a revoked key is forgotten while caches hold it',
    [[SET, 'config.KEY_PUBLISH_AHEAD_SECONDS + AFTER_CACHES_SECONDS', '1_020']],
    real('F6'),
  ],
  [
    'F7 each follower signs for itself',
    [[FEED, 'if (signed && isGood) return signed.document;', '']],
    real('is signed once'),
  ],
  [
    'F7 the set is read though nobody follows',
    [[CURRENT, 'if (this.watcher?.isFollowed()) void this.reads.within', 'void this.reads.within']],
    real('nobody follows'),
  ],
  [
    'F7 one network takes all places',
    [[FOLLOWERS, 'const SHARE = 4;', 'const SHARE = 1;']],
    real('a quarter of the places'),
  ],
  [
    'F7 a place is not given back when its client goes',
    [[CONTROLLER, "socket.once('close', leave)", 'socket']],
    load('pipelines'),
  ],
  [
    'F7 each slow reader has a copy of the document',
    [[CONTROLLER, ': document.body);', ': Buffer.from(document.body));']],
    load('never reads'),
  ],
  [
    'held requests outlive a drain',
    [[FEED, 'draining.listen(() => this.letGo());', '']],
    real('end when the service drains'),
  ],
];

/** The failed test. A copy that does not load detects nothing. */
function verdict(output) {
  const failed = /^\s*Tests\s+(\d+) failed/m.exec(output);
  const first = /^ FAIL {2}(.*)$/m.exec(output)?.[1];
  return failed ? `${failed[1]} failed, first: ${first}` : undefined;
}

export const mutations = cases.map(([name, edits, run]) => ({ name, edits, run, verdict }));
