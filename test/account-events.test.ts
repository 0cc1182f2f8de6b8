// The account pages say each security event in words.
import { expect, it } from 'vitest';
import { shownTypes } from '../src/accounts/own-events.js';
import { refreshTokens } from '../src/database/schema/users-and-sessions.js';
import { eventKey } from '../web/src/account/event-keys.js';

it.each(shownTypes)('a person reads in words what %s is', (type) => {
  expect(eventKey({ type, details: {} })).toMatch(new RegExp(`^activity\\.event\\.${type.replace('.', '_')}$`));
});

it.each(refreshTokens.revokedReason.enumValues.filter((reason) => reason !== 'reuse' && reason !== 'account_deleted'))(
  'a person reads in words why a session ended: %s',
  (reason) => {
    expect(eventKey({ type: 'session.ended', details: { reason } })).toBe(`activity.event.session_ended_${reason}`);
  },
);

it('a sign-in at a provider is not taken for one by mail, which has no methods either', () => {
  const details = { methods: [], transport: 'cookie', persistent: false };
  const signIn = (more: object) => eventKey({ type: 'login.succeeded', details: { ...details, ...more } });
  expect(signIn({})).toBe('activity.event.login_succeeded_mail');
  expect(signIn({ provider: 'authentik' })).toBe('activity.event.login_succeeded_upstream');
  expect(signIn({ provider: 'authentik', methods: ['otp', 'mfa'] })).toBe('activity.event.login_succeeded_upstream');
});

it('an event or a reason that the pages do not know is no gap in the list', () => {
  expect(eventKey({ type: 'session.ended', details: { reason: 'new' } })).toBe('activity.event.session_ended');
  expect(eventKey({ type: 'comet.seen', details: {} })).toBeUndefined();
});
