import { describe, expect, it } from 'vitest';
import { Config } from './config.js';

const relyingParty = (env: Record<string, string>) => Config.fromEnv(env).relyingParty;

describe('the domain of passkeys', () => {
  it('is localhost in development', () => {
    expect(relyingParty({})).toEqual({ id: 'localhost', origins: ['http://localhost:3000'] });
  });

  it('is the host of PUBLIC_URL, COOKIE_DOMAIN, or what is set', () => {
    const url = { PUBLIC_URL: 'https://auth.example.com' };
    expect(relyingParty(url).id).toBe('auth.example.com');
    expect(relyingParty({ ...url, COOKIE_DOMAIN: 'example.com' }).id).toBe('example.com');
    expect(relyingParty({ ...url, WEBAUTHN_RP_ID: 'Example.com' }).id).toBe('example.com');
  });

  it('takes the allowed origins under it, and those that are named', () => {
    const { origins } = relyingParty({
      NODE_ENV: 'test',
      PORT: '3000',
      PUBLIC_URL: 'https://auth.example.com',
      WEBAUTHN_RP_ID: 'example.com',
      ALLOWED_ORIGINS: 'https://app.example.com,https://notexample.com,capacitor://localhost',
      WEBAUTHN_RELATED_ORIGINS: `https://example.de,android:apk-key-hash:${'A'.repeat(43)}`,
    });
    expect(origins).toEqual([
      'https://auth.example.com',
      'https://app.example.com',
      'https://example.de',
      `android:apk-key-hash:${'A'.repeat(43)}`,
    ]);
  });

  it.each([
    ['co.uk', 'public suffix'],
    ['https://example.com', 'domain name'],
    ['10.0.0.1', 'domain name'],
    ['example.org', 'must be the host of PUBLIC_URL or a parent of it'],
    ['th.example.com', 'must be the host of PUBLIC_URL or a parent of it'],
  ])('is not %s', (id, why) => {
    expect(() => relyingParty({ PUBLIC_URL: 'https://auth.example.com', WEBAUTHN_RP_ID: id })).toThrow(why);
  });

  it('may be foreign to PUBLIC_URL where that is a related origin', () => {
    const env = { PUBLIC_URL: 'https://auth.example.com', WEBAUTHN_RP_ID: 'example.org' };
    expect(relyingParty({ ...env, WEBAUTHN_RELATED_ORIGINS: 'https://auth.example.com' }).id).toBe('example.org');
  });

  it.each(['http://example.de', 'example.de', 'https://example.de/login', 'android:apk-key-hash:short'])(
    'takes no related origin such as %s',
    (origin) => {
      expect(() => relyingParty({ WEBAUTHN_RELATED_ORIGINS: origin })).toThrow('must be https origins');
    },
  );
});
