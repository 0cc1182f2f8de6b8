// The mails in English. Each gives the reason for the mail and says what to do if it was not the reader.
import type { Texts } from './message-kinds.js';

export const english: Texts = {
  verify: {
    subject: 'Confirm your email address for {name}',
    heading: 'Confirm your email address',
    reason: 'Somebody, probably you, signed up to {name} with this address.',
    button: 'Confirm this address',
    ifNotYou:
      'If it was not you, do not open the link. Without it the account stays closed and is deleted after a week.',
  },
  reset: {
    subject: 'Set a new password for {name}',
    heading: 'Set a new password',
    reason: 'Somebody, probably you, asked for a new password for your account at {name}.',
    button: 'Set a new password',
    ifNotYou: 'If it was not you, ignore this mail: your password stays as it is.',
  },
  email: {
    subject: 'Confirm your new email address for {name}',
    heading: 'Confirm your new email address',
    reason: 'An account at {name} is to use this email address from now on.',
    button: 'Confirm this address',
    ifNotYou: 'If you did not ask for this, ignore this mail: nothing changes without the link.',
  },
  magic: {
    subject: 'Your link to sign in to {name}',
    heading: 'Sign in to {name}',
    reason: 'Somebody, probably you, asked for a link to sign in to {name}.',
    button: 'Sign in',
    ifNotYou: 'If it was not you, ignore this mail, and never pass the link on: it opens your account.',
  },
  invite: {
    subject: 'Your account at {name}',
    heading: 'Welcome to {name}',
    reason: 'An administrator has created an account at {name} for this address. Choose a password to use it.',
    button: 'Choose a password',
    ifNotYou: 'If you did not expect this, ignore this mail: nobody can sign in to the account without the link.',
  },
  device: {
    subject: 'Sign in to {name} again',
    heading: 'Sign in on this device again',
    reason:
      'After too many wrong passwords, your account at {name} accepts only devices that it knows. ' +
      'Open the link on the device on which you want to sign in, then sign in with your password.',
    button: 'Allow this device',
    ifNotYou: 'If you did not ask for this, ignore this mail, and never pass the link on.',
  },
  email_changing: {
    subject: 'The email address of your account at {name} is about to change',
    heading: 'Are you changing your email address?',
    reason:
      'Somebody, probably you, asked for another email address for your account at {name}. ' +
      'It changes as soon as the new address is confirmed. If it was you, there is nothing to do.',
    button: 'It was not me: lock my account',
    ifNotYou:
      'If it was not you, lock your account with the link here or in our earlier mail: every session ends, and nobody can sign in until we have helped you.',
  },
  already_registered: {
    subject: 'You already have an account at {name}',
    heading: 'You already have an account',
    reason:
      'Somebody, probably you, signed up to {name} with this address, which already has an account. ' +
      'Sign in with your password, or ask for a new one if you have forgotten it.',
    ifNotYou: 'If it was not you, there is nothing to do: nothing has changed.',
  },
  new_device: {
    subject: 'New sign-in to {name}',
    heading: 'Sign-in from a new device',
    reason: 'Somebody, probably you, signed in to your account at {name}: {device}, address {ip}, {at}.',
    ifNotYou: 'If it was not you, change your password now. That ends every other session.',
  },
  password_changed: {
    subject: 'Your password for {name} was changed',
    heading: 'Your password was changed',
    reason: 'The password of your account at {name} was changed on {at}. All sessions from before have ended.',
    ifNotYou: 'If it was not you, ask for a new password on the sign-in page now, and let us know.',
  },
  email_changed: {
    subject: 'The email address of your account at {name} was changed',
    heading: 'Your email address was changed',
    reason: 'The email address of your account at {name} was changed on {at}.',
    ifNotYou: 'If it was not you, lock your account with the link in our earlier mail, and let us know.',
  },
  role_changed: {
    subject: 'Your role at {name} was changed',
    heading: 'Your role was changed',
    reason: 'An administrator changed the role of your account at {name} on {at}. It is now: {role}.',
    ifNotYou: 'If you did not expect this, let us know.',
  },
  sessions_ended: {
    subject: 'You were signed out of {name}',
    heading: 'You were signed out everywhere',
    reason: 'An administrator ended all sessions of your account at {name} on {at}. Please sign in again.',
    ifNotYou: 'If you did not expect this, let us know.',
  },
  account_disabled: {
    subject: 'Your account at {name} was disabled',
    heading: 'Your account was disabled',
    reason: 'An administrator disabled your account at {name} on {at}. You are signed out everywhere.',
    ifNotYou: 'If you did not expect this, let us know.',
  },
  account_enabled: {
    subject: 'You can use your account at {name} again',
    heading: 'Your account is open again',
    reason: 'An administrator enabled your account at {name} again on {at}. You can sign in as before.',
    ifNotYou: 'If you did not expect this, let us know.',
  },
  account_deleted: {
    subject: 'Your account at {name} was deleted',
    heading: 'Your account was deleted',
    reason: 'Your account at {name} was deleted on {at}. This is our last mail to you.',
    ifNotYou: 'If it was not you, let us know.',
  },
  factor_added: {
    subject: 'A second sign-in step was added to your account at {name}',
    heading: 'A second sign-in step was added',
    reason: 'Your account at {name} has a new second sign-in step since {at}: {factor}. Other sessions have ended.',
    ifNotYou: 'If it was not you, ask for a new password on the sign-in page now, and let us know.',
  },
  factor_removed: {
    subject: 'A second sign-in step was removed from your account at {name}',
    heading: 'A second sign-in step was removed',
    reason: 'A second sign-in step of your account at {name} was removed on {at}: {factor}. Other sessions have ended.',
    ifNotYou: 'If it was not you, ask for a new password on the sign-in page now, and let us know.',
  },
  identity_linked: {
    subject: 'Your account at {name} was connected with {provider}',
    heading: 'Your account was connected with {provider}',
    reason: 'Since {at} your account at {name} can be opened by signing in at {provider}. Other sessions have ended.',
    ifNotYou:
      'If it was not you, sign in, remove the connection in your account, change your password, and let us know.',
  },
  identity_removed: {
    subject: 'The connection of your account at {name} with {provider} was removed',
    heading: 'A connection was removed',
    reason:
      'Your account at {name} is no longer connected with {provider} since {at}. Signing in there does not open it any ' +
      'more. Other sessions have ended.',
    ifNotYou: 'If it was not you, ask for a new password on the sign-in page now, and let us know.',
  },
  wrong_factor: {
    subject: 'Your password for {name} was used, with wrong codes',
    heading: 'Right password, wrong codes',
    reason:
      'Somebody entered the password of your account at {name} and then several wrong codes: address {ip}, {at}. ' +
      'They were not signed in.',
    ifNotYou: 'If it was not you, somebody knows your password: change it now.',
  },
  recovery_code_used: {
    subject: 'A recovery code for {name} was used',
    heading: 'A recovery code was used',
    reason:
      'Somebody, probably you, used a recovery code of your account at {name} on {at}. Codes left: {left}. ' +
      'Make new ones in your account before the last one is used.',
    ifNotYou: 'If it was not you, change your password now, make new recovery codes, and let us know.',
  },
  factors_reset: {
    subject: 'The second sign-in step of your account at {name} was removed',
    heading: 'Set up a new second sign-in step',
    reason:
      'An administrator removed every second sign-in step of your account at {name} on {at} and ended all sessions. ' +
      'Open the link and sign in with your password to set up a new one.',
    button: 'Set up a new one',
    ifNotYou: 'If you did not ask for this, do not open the link, and let us know now.',
  },
  common: {
    life: 'The link works once, for {life}.',
    openInstead: 'If the button does not work, open this address:',
    support: 'Help: {support}',
    footer: 'This mail was sent automatically by {name}.',
    device: '{browser} on {system}',
    unknownDevice: 'unknown device',
    unknown: 'unknown',
    totp: 'an authenticator app',
    passkey: 'a passkey',
    recovery_codes: 'new recovery codes',
  },
};
