// The mails in German about the account itself. A part of german.ts.
import type { Texts } from './message-kinds.js';

export const germanAccount: Pick<Texts, 'account_disabled' | 'account_enabled' | 'account_deleted'> = {
  account_disabled: {
    subject: 'Ihr Konto bei {name} wurde gesperrt',
    heading: 'Ihr Konto wurde gesperrt',
    reason: 'Ihr Konto bei {name} wurde von der Administration gesperrt ({at}). Sie sind überall abgemeldet.',
    ifNotYou: 'Falls Sie das nicht erwartet haben, geben Sie uns bitte Bescheid.',
  },
  account_enabled: {
    subject: 'Sie können Ihr Konto bei {name} wieder nutzen',
    heading: 'Ihr Konto ist wieder offen',
    reason:
      'Ihr Konto bei {name} wurde von der Administration wieder freigegeben ({at}). ' +
      'Sie können sich wie zuvor anmelden.',
    ifNotYou: 'Falls Sie das nicht erwartet haben, geben Sie uns bitte Bescheid.',
  },
  account_deleted: {
    subject: 'Ihr Konto bei {name} wurde gelöscht',
    heading: 'Ihr Konto wurde gelöscht',
    reason: 'Ihr Konto bei {name} wurde gelöscht ({at}). Dies ist unsere letzte E-Mail an Sie.',
    ifNotYou: 'Falls Sie das nicht waren, geben Sie uns bitte Bescheid.',
  },
};
