// Guards of limits taken away, which the tests of guessing and floods must detect.
const STATEMENTS = 'src/limits/guess-statements.ts';
const BUDGET = 'src/limits/guess-budget.ts';
const VOLUME = 'src/limits/volume-limit.ts';
const DEVICES = 'src/limits/known-devices.ts';
const NETWORK = 'src/limits/network.ts';

/**
 * Each is [the test file, words of the test's name, edits]; an edit is [file, present text, text with the mistake].
 * @type {Record<string, [string, string, string[][]]>}
 */
const guards = {
  'a charge does not wait for the disk': [
    'guess-durability',
    'wait for the disk',
    [[STATEMENTS, 'chained(lanes, charging)', 'chained(lanes, charging, withoutWaiting)']],
  ],
  'a reset does not wait for the disk': [
    'guess-durability',
    'wait for the disk',
    [[BUDGET, '.clearIn.runIn(', '.clear.runIn(']],
  ],
  'a delay is not waited for': [
    'guessing',
    '300 wrong passwords',
    [[STATEMENTS, 'where b.not_before <= protocol_now() and b.failures', 'where b.failures']],
  ],
  'a lane that refuses does not stop the next one': [
    'guessing',
    'closes their own lane only',
    [[STATEMENTS, '${at === 0 ? sql`true` : sql`exists (select from ${lane(at - 1)})`}\n    on', 'true\n    on']],
  ],
  'an account is never closed': [
    'guessing',
    '100 wrong guesses in a row',
    [[STATEMENTS, ' and b.failures < ${closesAt}\n', '\n']],
  ],
  'the right password is verified beyond the limit': [
    'guessing',
    'hold over a restart',
    [
      [
        'src/limits/guesses.ts',
        "throw new Refusal('too_many_attempts', { retryAfter: charge.retryAfter });\n    } catch",
        'return { charge: { account, lanes: [], failures: [] }, held };\n    } catch',
      ],
    ],
  ],
  'a right guess clears nothing': [
    'guessing',
    'who waits gets in',
    [[BUDGET, 'await statementsFor(lanes).clear.run(this.database, { ...account, ...named(lanes) });', '']],
  ],
  'spellings of an address have budgets of their own': [
    'guessing',
    'every spelling',
    [
      [
        NETWORK,
        "if (address instanceof ipaddr.IPv4 || address.range() !== 'rfc6052') return address;",
        'if (address) return address;',
      ],
    ],
  ],
  'a /56 and a /48 are not counted': [
    'floods',
    'networks of one /',
    [
      [
        NETWORK,
        "[of('address', address, 64), of('ipv6/56', address, 56), of('ipv6/48', address, 48)]",
        "[of('address', address, 64)]",
      ],
    ],
  ],
  'parallel guesses do not see each other': [
    'floods',
    '60 parallel guesses',
    [[VOLUME, 'const ahead = points.map(({ key }) => this.held.get(key) ?? 0);', 'const ahead = points.map(() => 0);']],
  ],
  'a refused guess keeps its point': [
    'floods',
    'budget of the account refuses',
    [['src/limits/guesses.ts', '    } catch (error) {\n      held.release();', '    } catch (error) {']],
  ],
  'Redis is not insured': [
    'floods',
    'Redis is killed',
    [['src/limits/limit-stores.ts', ', insuranceLimiter: postgres', '']],
  ],
  'refreshes are counted by network, whichever their session': [
    'floods',
    'a server with one address',
    [
      [
        'src/sessions/family-limit.ts',
        '      await this.limiter.consume(rowOf(attempt));\n',
        "      await this.limiter.consume(rowOf(attempt));\n      await this.volume.take('unknown_refresh', attempt.caller.ip);\n",
      ],
    ],
  ],
  'one network may hold the whole queue of hashes': [
    'floods',
    '110 connections',
    [['src/limits/fair-queue.ts', '>= this.options.share', '>= this.options.places']],
  ],
  'the purge reads the whole table': [
    'floods',
    'old rows go by an index',
    [['src/limits/limits-purge.ts', 'purge_after < protocol_now()::date', 'purge_after + 0 < protocol_now()::date']],
  ],
  'a purge takes what was renewed meanwhile': [
    'purging',
    'that was renewed',
    [['src/database/purging.ts', 'sql` and `)} and ${isOver}`', 'sql` and `)}`']],
  ],
  'a purge waits for whoever holds a row': [
    'purging',
    'gives way to somebody',
    [['src/database/purging.ts', 'const WAIT_MS = 300;', 'const WAIT_MS = 0;']],
  ],
  'an alarm is raised by each guess': [
    'floods',
    'one password over 500 accounts',
    [['src/limits/spray-alarm.ts', ' where a.until <= excluded.until - ${lasts}\n', '\n']],
  ],
  'unknown devices keep their free guesses during a spray': [
    'floods',
    'one password over 500 accounts',
    [[STATEMENTS, ' and ${isAlarmed} then 1', ' and false then 1']],
  ],
  'the code of a device is not checked': [
    'known-devices',
    'of another user',
    [
      [
        'src/limits/devices.ts',
        'entries.filter((entry) => isOurs(entry, key))',
        'entries.filter((entry) => entry.length > 0 || isOurs(entry, key))',
      ],
    ],
  ],
  'a device of an old epoch is known': [
    'known-devices',
    'of another user',
    [[DEVICES, ' && epoch === user.sessionEpoch && issuedAt', ' && epoch > 0 && issuedAt']],
  ],
  'a device of another user is known': [
    'known-devices',
    'of another user',
    [[DEVICES, 'userId === user.id && ', "userId !== '' && "]],
  ],
  'a closed account mails its owner with every guess': [
    'device-link',
    'is mailed once a day',
    [
      [
        'src/limits/mail-limit.ts',
        'return (await takePoint(this.daily, await this.nameOf(kind, address))) === 0;',
        "return (await this.nameOf(kind, address)) !== '';",
      ],
    ],
  ],
  'a device link uses up the mails of its address': [
    'device-link',
    'leaves the mails alone',
    [
      [
        'src/credentials/recovery/device-offer.ts',
        "if (await this.mailLimit.takeDaily('device', address))",
        "if ((await this.mailLimit.take('device', address)) === 0 || (await this.mailLimit.take(address, address)) < 0)",
      ],
    ],
  ],
  'a closed device keeps its lane': [
    'known-devices',
    'counts as unknown once that is spent',
    [['src/limits/guesses.ts', 'if (charge.isClosed) return undefined;', '']],
  ],
};

/** Only a failed expectation counts: a copy that does not compile detects nothing. */
const verdict = (output) => /(?:AssertionError: |Error: (?=waited ))(.*)/.exec(output)?.[1];

export const mutations = Object.entries(guards).map(([name, [file, test, edits]]) => ({
  name,
  edits,
  run: [`test/${file}.test.ts`, '-t', test],
  verdict,
}));
