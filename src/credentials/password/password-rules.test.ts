import { describe, expect, it } from 'vitest';
import { objectionTo, serviceWordsOf, withoutRuns } from './password-rules.js';

const judge = (password: string, minLength = 15) =>
  objectionTo(password, {
    minLength,
    email: 'ada.lovelace@example.com',
    serviceWords: serviceWordsOf('https://auth.analytical.co.uk'),
  });

describe('a password', () => {
  it.each([
    'correct horse battery staple',
    'a phrase with 1234 in the middle of it',
    'ada wrote the first program',
    'the watchword of the night guard',
    'хорошая длинная фраза',
    '\u{1f600}\u{1f436}\u{1f431}\u{1f42d}\u{1f439}\u{1f430}\u{1f98a}\u{1f43b}\u{1f43c}\u{1f428}\u{1f42f}\u{1f981}\u{1f42e}\u{1f437}\u{1f438}',
    ' '.repeat(8) + 'no rule of composition',
    'tv4!Qz9#mL2$wR7&',
    'ubcDEnntsRqPwGKr',
  ])('that nobody guesses may be used: %s', (password) => {
    expect(judge(password)).toBeUndefined();
  });

  it.each([
    ['is on the list', 'passwordpassword', /common/],
    ['is on the list in another case', 'PassWordPassWord', /common/],
    ['is on the list in full-width letters', 'ｐａｓｓｗｏｒｄｐａｓｓｗｏｒｄ', /common/],
    ['is one character again and again', ' '.repeat(15), /repetitions/],
    ['is one short thing again and again', 'hello! hello! hello! ', /repetitions/],
    ['is one short thing in several cases', 'Hello! hello! HELLO! ', /repetitions/],
    ['is a listed one again and again', 'sunshine1 sunshine1 sunshine1 ', /repetitions/],
    ['counts up', 'abcdefghijklmnopqrstuvwxyz', /sequences/],
    ['counts down, as keyboards do', '0987654321 zyxwvu', /sequences/],
    ['is short but for a number that counts', 'summer1234567890', /sequences/],
    ['is a listed one and a sequence', 'sunshine-12345678', /sequences/],
    ['is a listed one and a repetition', 'sunshine!!!!!!!!', /sequences/],
    ['is the address', 'ada.lovelace@example.com', /address/],
    ['is the local part and a little more', 'Ada.Lovelace-1815', /address/],
    ['is made of parts of the local part', 'lovelace ada lovelace', /address/],
    ['is the local part and a listed one', 'sunshine lovelace', /address/],
    ['is the name of the service and a little more', 'Watchword-2026!', /service/],
    ['is the address of the service', 'auth.analytical.co.uk', /service/],
    ['is the organisation of the service, twice', 'Analytical!analytical?', /service/],
  ])('that %s is refused', (_, password, reason) => {
    expect(judge(password)).toMatch(reason);
  });

  it('has 15 to 128 code points, or 8 where the setting allows it (NIST SP 800-63B-4 §3.1.1.2)', () => {
    const phrase = 'Ünicode 😀 zählt '.repeat(20).concat('x');
    const cut = (length: number) => Array.from(phrase).slice(0, length).join('');
    for (const length of [15, 128]) {
      expect(judge(cut(length))).toBeUndefined();
      expect(judge(cut(length).normalize('NFD'))).toBeUndefined();
    }
    expect(judge(cut(14))).toMatch(/at least 15 characters/);
    expect(judge(cut(129))).toMatch(/at most 128 characters/);
    expect(judge(cut(8), 8)).toBeUndefined();
    expect(judge(`${cut(20)}\ud800`)).toMatch(/Unicode/);
  });

  it('costs little to judge, however long the runs in it are', () => {
    const started = process.cpuUsage();
    for (const text of [
      'a'.repeat(128),
      'ab'.repeat(64),
      `${'ab'.repeat(63)}c`,
      '9876'.repeat(32),
      'x'.repeat(100_000),
    ])
      judge(text);
    expect(process.cpuUsage(started).user).toBeLessThan(200_000);
  });
});

it.each([
  ['0000x', 'x'],
  ['abcdx', 'x'],
  ['x9876', 'x'],
  ['7890x', 'x'],
  ['x0987', 'x'],
  ['aaabcde', 'aa'],
  ['1111222', '222'],
  ['abc', 'abc'],
  ['', ''],
  ['aceg', 'aceg'],
])('of %s, %s is left without repetitions and sequences of four and more', (text, left) => {
  expect(withoutRuns(text)).toBe(left);
});
