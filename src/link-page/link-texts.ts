// The texts of the link page in each language.
import type { Language } from '../config/languages.js';
import type { tokenPurposes } from '../database/vocabularies.js';

export type Purpose = (typeof tokenPurposes)[number];

interface OfPurpose {
  readonly heading: string;
  readonly intro: string;
  readonly button: string;
  readonly done: string;
}

export interface LinkTexts {
  readonly purposes: Readonly<Record<Purpose, OfPurpose>>;
  readonly page: Readonly<Record<'password' | 'hint' | 'show' | 'noScript' | 'support', string>>;
  /** What the browser's script says, by what happened. */
  readonly outcomes: Readonly<
    Record<
      'missing' | 'working' | 'invalid' | 'tooMany' | 'unavailable' | 'unconfirmed' | 'rejected' | 'failed',
      string
    >
  >;
  /** The server's reasons against a password (credentials/password/password-rules.ts) in this language, by pattern. */
  readonly reasons: readonly (readonly [string, string])[];
}

const english: LinkTexts = {
  purposes: {
    verify: {
      heading: 'Confirm your email address',
      intro: 'If you signed up yourself, confirm your address with this button.',
      button: 'Confirm this address',
      done: 'Your email address is confirmed. You can sign in now.',
    },
    reset: {
      heading: 'Set a new password',
      intro: 'Choose a new password for your account. All present sessions end.',
      button: 'Set this password',
      done: 'Your new password is set, and all sessions have ended. Sign in with the new password.',
    },
    email: {
      heading: 'Confirm your new email address',
      intro: 'Your account uses this address as soon as you confirm it.',
      button: 'Confirm this address',
      done: 'Your new email address is confirmed. Use it from now on to sign in.',
    },
    magic: {
      heading: 'Sign in',
      intro: 'This button signs you in, in this browser.',
      button: 'Sign in',
      done: 'You are signed in. You can close this page.',
    },
    invite: {
      heading: 'Choose a password',
      intro: 'Choose a password for your new account.',
      button: 'Set this password',
      done: 'Your password is set. You can sign in now.',
    },
    device: {
      heading: 'Allow this device',
      intro: 'This button lets this browser try your password again.',
      button: 'Allow this device',
      done: 'This browser is allowed. Sign in with your password now.',
    },
    freeze: {
      heading: 'Lock your account',
      intro:
        'This ends every session, and nobody can sign in until we have helped you. ' +
        'Use it only if somebody else is changing your account.',
      button: 'Lock my account',
      done: 'Your account is locked. Please contact us to use it again.',
    },
  },
  page: {
    password: 'New password',
    hint: 'At least {length} characters. A sentence is fine.',
    show: 'Show password',
    noScript: 'This page needs JavaScript. Please switch it on, or open the link in another browser.',
    support: 'Help:',
  },
  outcomes: {
    missing: 'This page works only with a link from a mail. Please open the link in the mail again, in full.',
    working: 'One moment, please …',
    invalid:
      'This link does not work any more: it was used, replaced by a newer one, or is too old. Ask for a new one.',
    tooMany: 'Too many attempts. Please try again in {seconds} seconds.',
    unavailable: 'The service could not be reached. Please try again in a moment.',
    unconfirmed: 'This worked. It may take a moment until it holds everywhere.',
    rejected: 'This password cannot be used. Please choose another.',
    failed: 'This did not work ({code}). Please try again later.',
  },
  reasons: [],
};

const german: LinkTexts = {
  purposes: {
    verify: {
      heading: 'E-Mail-Adresse bestätigen',
      intro: 'Wenn Sie sich selbst registriert haben, bestätigen Sie Ihre Adresse bitte mit dieser Schaltfläche.',
      button: 'Adresse bestätigen',
      done: 'Ihre E-Mail-Adresse ist bestätigt. Sie können sich jetzt anmelden.',
    },
    reset: {
      heading: 'Neues Passwort festlegen',
      intro: 'Wählen Sie ein neues Passwort für Ihr Konto. Alle laufenden Sitzungen enden.',
      button: 'Passwort festlegen',
      done: 'Ihr neues Passwort gilt, und alle Sitzungen sind beendet. Melden Sie sich mit dem neuen Passwort an.',
    },
    email: {
      heading: 'Neue E-Mail-Adresse bestätigen',
      intro: 'Ihr Konto verwendet diese Adresse, sobald Sie sie bestätigen.',
      button: 'Adresse bestätigen',
      done: 'Ihre neue E-Mail-Adresse ist bestätigt. Verwenden Sie künftig diese, um sich anzumelden.',
    },
    magic: {
      heading: 'Anmelden',
      intro: 'Diese Schaltfläche meldet Sie in diesem Browser an.',
      button: 'Anmelden',
      done: 'Sie sind angemeldet. Sie können diese Seite schließen.',
    },
    invite: {
      heading: 'Passwort wählen',
      intro: 'Wählen Sie ein Passwort für Ihr neues Konto.',
      button: 'Passwort festlegen',
      done: 'Ihr Passwort gilt. Sie können sich jetzt anmelden.',
    },
    device: {
      heading: 'Dieses Gerät zulassen',
      intro: 'Mit dieser Schaltfläche darf dieser Browser Ihr Passwort wieder versuchen.',
      button: 'Dieses Gerät zulassen',
      done: 'Dieser Browser ist zugelassen. Melden Sie sich jetzt mit Ihrem Passwort an.',
    },
    freeze: {
      heading: 'Konto sperren',
      intro:
        'Damit enden alle Sitzungen, und niemand kann sich anmelden, bis wir Ihnen geholfen haben. ' +
        'Bitte verwenden Sie das nur, wenn jemand anderes Ihr Konto ändert.',
      button: 'Mein Konto sperren',
      done: 'Ihr Konto ist gesperrt. Bitte wenden Sie sich an uns, um es wieder zu verwenden.',
    },
  },
  page: {
    password: 'Neues Passwort',
    hint: 'Mindestens {length} Zeichen, gern auch ein Satz.',
    show: 'Passwort anzeigen',
    noScript:
      'Diese Seite braucht JavaScript. Bitte schalten Sie es ein, oder öffnen Sie den Link in einem anderen Browser.',
    support: 'Hilfe:',
  },
  outcomes: {
    missing:
      'Diese Seite funktioniert nur mit einem Link aus einer E-Mail. Bitte öffnen Sie den ganzen Link noch einmal.',
    working: 'Einen Moment bitte …',
    invalid:
      'Dieser Link funktioniert nicht mehr: Er wurde schon benutzt, durch einen neueren ersetzt oder ist zu alt. ' +
      'Bitte fordern Sie einen neuen an.',
    tooMany: 'Zu viele Versuche. Bitte versuchen Sie es in {seconds} Sekunden noch einmal.',
    unavailable: 'Der Dienst ist nicht erreichbar. Bitte versuchen Sie es gleich noch einmal.',
    unconfirmed: 'Das hat funktioniert. Bis es überall gilt, kann es einen Moment dauern.',
    rejected: 'Dieses Passwort kann nicht verwendet werden. Bitte wählen Sie ein anderes.',
    failed: 'Das hat nicht funktioniert ({code}). Bitte versuchen Sie es später noch einmal.',
  },
  reasons: [
    ['at least (\\d+) characters', 'Das Passwort muss mindestens $1 Zeichen haben.'],
    ['at most (\\d+) characters', 'Das Passwort darf höchstens $1 Zeichen haben.'],
    ['most common', 'Das Passwort gehört zu den häufigsten. Bitte wählen Sie ein anderes.'],
    [
      'repetitions',
      'Das Passwort ist zu leicht zu erraten: Ohne Wiederholungen und Reihen ist es zu kurz oder zu häufig.',
    ],
    [
      'without your address',
      'Das Passwort ist zu leicht zu erraten: ' +
        'Ohne Ihre Adresse und den Namen dieses Dienstes ist es zu kurz oder zu häufig.',
    ],
    ['breach', 'Das Passwort ist aus einem Datenleck bei einem anderen Dienst bekannt. Bitte wählen Sie ein anderes.'],
  ],
};

export const linkTexts: Readonly<Record<Language, LinkTexts>> = { en: english, de: german };
