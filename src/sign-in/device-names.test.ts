import { expect, it } from 'vitest';
import { deviceNamesOf } from './device-names.js';

it.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox', 'Linux'],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0',
    'Edge',
    'Windows',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
    'Safari',
    'macOS',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/150.0 Mobile/15E148 Safari/604.1',
    'Chrome',
    'iPhone',
  ],
  [
    'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36',
    'Chrome',
    'Android',
  ],
])('of %s', (userAgent, browser, system) => {
  expect(deviceNamesOf(userAgent)).toEqual({ browser, system });
});

it.each([null, '', 'curl/8', 'Call +1 555 0100 to secure your account: https://evil.example', 'x'.repeat(256)])(
  'nothing of a header that names no known one (%s)',
  (userAgent) => {
    expect(deviceNamesOf(userAgent)).toEqual({});
  },
);

it('nothing but the name, whatever surrounds it', () => {
  expect(deviceNamesOf('Firefox/1 call +1 555 0100 on Windows')).toEqual({ browser: 'Firefox', system: 'Windows' });
});
