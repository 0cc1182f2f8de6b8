// Settings of guess budgets, volume limits and spray detection. A part of settings.ts.
import { integer } from './formats.js';
import type { Setting } from './setting.js';

/** Some sites send all their users from one address: only they need the upper end. */
const MAX_VOLUME = 100_000;

export const limitSettings = {
  GUESSES_FREE_DEVICE: {
    schema: integer(1, 50).default(10),
    standard: '10',
    about: 'Wrong guesses on one account from a known device before delays begin.',
  },
  GUESSES_FREE_NETWORK: {
    schema: integer(1, 20).default(5),
    standard: '5',
    about: 'The same from unknown devices of one network (IPv4 /32, IPv6 /64).',
  },
  GUESSES_FREE_ACCOUNT: {
    schema: integer(1, 100).default(20),
    standard: '20',
    about: 'The same from all unknown devices together.',
  },
  GUESS_DELAY_SECONDS: {
    schema: integer(1, 3_600).default(900),
    standard: '900',
    about: 'The longest delay after a wrong guess, for a device and for a network.',
  },
  GUESS_DELAY_ACCOUNT_SECONDS: {
    schema: integer(1, 900).default(300),
    standard: '300',
    about: 'The longest delay that all unknown devices together are given.',
  },
  GUESSES_MAX: {
    schema: integer(10, 100).default(100),
    standard: '100',
    about:
      'After so many wrong guesses in a row an account is closed to unknown devices, and a known device becomes unknown. NIST SP 800-63B-4 §3.2.2 allows 100.',
  },
  FAILURES_PER_ADDRESS: {
    schema: integer(10, MAX_VOLUME).default(60),
    standard: '60',
    about: 'Wrong guesses an hour from one IPv4 address or one IPv6 /64, whichever the accounts.',
  },
  FAILURES_PER_56: {
    schema: integer(10, MAX_VOLUME).default(120),
    standard: '120',
    about: 'The same from one IPv6 /56.',
  },
  FAILURES_PER_48: {
    schema: integer(10, MAX_VOLUME).default(240),
    standard: '240',
    about: 'The same from one IPv6 /48.',
  },
  FAILURES_PER_24: {
    schema: integer(10, MAX_VOLUME).default(600),
    standard: '600',
    about: 'The same from one IPv4 /24.',
  },
  REGISTRATIONS_PER_ADDRESS: {
    schema: integer(1, MAX_VOLUME).default(10),
    standard: '10',
    about: 'Registrations an hour from one IPv4 address or one IPv6 /64.',
  },
  REGISTRATIONS_PER_48: {
    schema: integer(1, MAX_VOLUME).default(40),
    standard: '40',
    about: 'Registrations an hour from one IPv6 /48.',
  },
  UPSTREAM_STARTS_PER_ADDRESS: {
    schema: integer(10, MAX_VOLUME).default(600),
    standard: '600',
    about: 'Sign-ins at providers an hour that one IPv4 address or one IPv6 /64 may begin.',
  },
  MAIL_REQUESTS_PER_ADDRESS: {
    schema: integer(1, MAX_VOLUME).default(20),
    standard: '20',
    about: 'Mails an hour that one IPv4 address or one IPv6 /64 may ask for, whoever they go to.',
  },
  MAIL_PAUSE_SECONDS: {
    schema: integer(1, 3_600).default(60),
    standard: '60',
    about: 'The time between two mails of one kind to one address.',
  },
  MAILS_PER_HOUR: {
    schema: integer(1, 100).default(5),
    standard: '5',
    about: 'Mails an hour to one address that anybody may ask for; a notice of what has happened is not counted.',
  },
  MAILS_PER_DAY: { schema: integer(1, 1_000).default(10), standard: '10', about: 'The same a day.' },
  MAILS_PER_MINUTE: {
    schema: integer(1, 1_000_000).default(300),
    standard: '300',
    about: 'The same a minute to all addresses together, known or not; beyond it, asking for a mail is refused.',
  },
  UNKNOWN_REFRESHES_PER_ADDRESS: {
    schema: integer(1, MAX_VOLUME).default(60),
    standard: '60',
    about:
      'Refresh tokens a minute that name no session, from one IPv4 address or one IPv6 /64. Others are not counted.',
  },
  SERVICE_CALLS_PER_MINUTE: {
    schema: integer(10, 10_000_000).default(6_000),
    standard: '6000',
    about: 'Introspections, revocations and tokens a minute for one service, counted by each instance for itself.',
  },
  SERVICE_TOKENS_PER_MINUTE: {
    schema: integer(1, 1_000_000).default(600),
    standard: '600',
    about: 'How many of these may be signed a minute, tokens and signed introspections: they cost the most.',
  },
  SPRAY_ACCOUNTS: {
    schema: integer(10, 10_000).default(50),
    standard: '50',
    about: 'Wrong guesses on more accounts than this in a minute, from one IPv4 /24 or IPv6 /48, are a spray.',
  },
  SPRAY_FACTOR: {
    schema: integer(2, 1_000).default(5),
    standard: '5',
    about: 'So are more wrong guesses in an hour than this many times those of the same hour yesterday, and over 200.',
  },
  SPRAY_MINUTES: {
    schema: integer(1, 120).default(15),
    standard: '15',
    about: 'How long unknown devices have one free guess after a spray was seen.',
  },
  DEVICE_DAYS: {
    schema: integer(1, 400).default(180),
    standard: '180',
    about: 'How long a browser or an app stays a known device after its last sign-in.',
  },
  HASH_QUEUE_SHARE: {
    schema: integer(1, 100).default(25),
    standard: '25',
    about: 'Per cent of the places for password hashes that one network, or one account, may hold.',
  },
} satisfies Record<string, Setting>;
