// The mails in German.
import { germanAccount } from './german-account.js';
import type { Texts } from './message-kinds.js';

export const german: Texts = {
  verify: {
    subject: 'Bitte bestätigen Sie Ihre E-Mail-Adresse für {name}',
    heading: 'Bitte bestätigen Sie Ihre E-Mail-Adresse',
    reason: 'Jemand, vermutlich Sie, hat sich mit dieser Adresse bei {name} registriert.',
    button: 'Adresse bestätigen',
    ifNotYou:
      'Falls Sie das nicht waren, öffnen Sie den Link bitte nicht. ' +
      'Ohne ihn bleibt das Konto gesperrt und wird nach einer Woche gelöscht.',
  },
  reset: {
    subject: 'Neues Passwort für {name}',
    heading: 'Neues Passwort festlegen',
    reason: 'Jemand, vermutlich Sie, hat für Ihr Konto bei {name} ein neues Passwort angefordert.',
    button: 'Neues Passwort festlegen',
    ifNotYou: 'Falls Sie das nicht waren, ignorieren Sie diese E-Mail bitte: Ihr Passwort bleibt, wie es ist.',
  },
  email: {
    subject: 'Bitte bestätigen Sie Ihre neue E-Mail-Adresse für {name}',
    heading: 'Bitte bestätigen Sie Ihre neue E-Mail-Adresse',
    reason: 'Ein Konto bei {name} soll künftig diese E-Mail-Adresse verwenden.',
    button: 'Adresse bestätigen',
    ifNotYou: 'Falls Sie das nicht waren, ignorieren Sie diese E-Mail bitte: Ohne den Link ändert sich nichts.',
  },
  magic: {
    subject: 'Ihr Link zur Anmeldung bei {name}',
    heading: 'Anmeldung bei {name}',
    reason: 'Jemand, vermutlich Sie, hat einen Link zur Anmeldung bei {name} angefordert.',
    button: 'Anmelden',
    ifNotYou:
      'Falls Sie das nicht waren, ignorieren Sie diese E-Mail bitte. ' +
      'Geben Sie den Link niemals weiter: Er öffnet Ihr Konto.',
  },
  invite: {
    subject: 'Ihr Konto bei {name}',
    heading: 'Willkommen bei {name}',
    reason: 'Für diese Adresse wurde ein Konto bei {name} eingerichtet. Wählen Sie ein Passwort, um es zu verwenden.',
    button: 'Passwort wählen',
    ifNotYou:
      'Falls Sie das nicht erwartet haben, ignorieren Sie diese E-Mail bitte: ' +
      'Ohne den Link kann sich niemand bei dem Konto anmelden.',
  },
  device: {
    subject: 'Wieder bei {name} anmelden',
    heading: 'Auf diesem Gerät wieder anmelden',
    reason:
      'Nach zu vielen falschen Passwörtern lässt Ihr Konto bei {name} nur noch bekannte Geräte zu. Öffnen Sie ' +
      'den Link auf dem Gerät, auf dem Sie sich anmelden möchten, und melden Sie sich dann mit Ihrem Passwort an.',
    button: 'Dieses Gerät zulassen',
    ifNotYou:
      'Falls Sie das nicht angefordert haben, ignorieren Sie diese E-Mail bitte, und geben Sie den Link niemals weiter.',
  },
  email_changing: {
    subject: 'Die E-Mail-Adresse Ihres Kontos bei {name} soll geändert werden',
    heading: 'Ändern Sie gerade Ihre E-Mail-Adresse?',
    reason:
      'Jemand, vermutlich Sie, möchte die E-Mail-Adresse Ihres Kontos bei {name} ändern. Die Änderung gilt, sobald ' +
      'die neue Adresse bestätigt ist. Falls Sie das waren, müssen Sie nichts weiter tun.',
    button: 'Das war ich nicht: Konto sperren',
    ifNotYou:
      'Falls Sie das nicht waren, sperren Sie bitte Ihr Konto mit dem Link hier oder in unserer früheren E-Mail: Alle Sitzungen enden, ' +
      'und niemand kann sich anmelden, bis wir Ihnen geholfen haben.',
  },
  already_registered: {
    subject: 'Sie haben bereits ein Konto bei {name}',
    heading: 'Sie haben bereits ein Konto',
    reason:
      'Jemand, vermutlich Sie, wollte sich mit dieser Adresse bei {name} registrieren. Sie hat bereits ein Konto. ' +
      'Melden Sie sich mit Ihrem Passwort an, oder fordern Sie ein neues an, falls Sie es vergessen haben.',
    ifNotYou: 'Falls Sie das nicht waren, müssen Sie nichts tun: Es hat sich nichts geändert.',
  },
  new_device: {
    subject: 'Neue Anmeldung bei {name}',
    heading: 'Anmeldung von einem neuen Gerät',
    reason: 'Jemand, vermutlich Sie, hat sich bei Ihrem Konto bei {name} angemeldet: {device}, Adresse {ip}, {at}.',
    ifNotYou: 'Falls Sie das nicht waren, ändern Sie bitte sofort Ihr Passwort. Damit enden alle anderen Sitzungen.',
  },
  password_changed: {
    subject: 'Ihr Passwort für {name} wurde geändert',
    heading: 'Ihr Passwort wurde geändert',
    reason: 'Das Passwort Ihres Kontos bei {name} wurde geändert ({at}). Alle bisherigen Sitzungen sind beendet.',
    ifNotYou:
      'Falls Sie das nicht waren, fordern Sie bitte sofort auf der Anmeldeseite ein neues Passwort an, ' +
      'und geben Sie uns Bescheid.',
  },
  email_changed: {
    subject: 'Die E-Mail-Adresse Ihres Kontos bei {name} wurde geändert',
    heading: 'Ihre E-Mail-Adresse wurde geändert',
    reason: 'Die E-Mail-Adresse Ihres Kontos bei {name} wurde geändert ({at}).',
    ifNotYou:
      'Falls Sie das nicht waren, sperren Sie bitte Ihr Konto mit dem Link in unserer früheren E-Mail, ' +
      'und geben Sie uns Bescheid.',
  },
  role_changed: {
    subject: 'Ihre Rolle bei {name} wurde geändert',
    heading: 'Ihre Rolle wurde geändert',
    reason: 'Die Rolle Ihres Kontos bei {name} wurde von der Administration geändert ({at}). Sie lautet jetzt: {role}.',
    ifNotYou: 'Falls Sie das nicht erwartet haben, geben Sie uns bitte Bescheid.',
  },
  sessions_ended: {
    subject: 'Sie wurden bei {name} abgemeldet',
    heading: 'Sie wurden überall abgemeldet',
    reason:
      'Alle Sitzungen Ihres Kontos bei {name} wurden von der Administration beendet ({at}). ' +
      'Bitte melden Sie sich neu an.',
    ifNotYou: 'Falls Sie das nicht erwartet haben, geben Sie uns bitte Bescheid.',
  },
  ...germanAccount,
  factor_added: {
    subject: 'Neuer zweiter Anmeldeschritt für Ihr Konto bei {name}',
    heading: 'Ein zweiter Anmeldeschritt wurde hinzugefügt',
    reason:
      'Ihr Konto bei {name} hat einen neuen zweiten Anmeldeschritt: {factor} ({at}). ' +
      'Alle anderen Sitzungen sind beendet.',
    ifNotYou:
      'Falls Sie das nicht waren, fordern Sie bitte sofort auf der Anmeldeseite ein neues Passwort an, ' +
      'und geben Sie uns Bescheid.',
  },
  factor_removed: {
    subject: 'Ein zweiter Anmeldeschritt Ihres Kontos bei {name} wurde entfernt',
    heading: 'Ein zweiter Anmeldeschritt wurde entfernt',
    reason:
      'Von Ihrem Konto bei {name} wurde ein zweiter Anmeldeschritt entfernt: {factor} ({at}). ' +
      'Alle anderen Sitzungen sind beendet.',
    ifNotYou:
      'Falls Sie das nicht waren, fordern Sie bitte sofort auf der Anmeldeseite ein neues Passwort an, ' +
      'und geben Sie uns Bescheid.',
  },
  identity_linked: {
    subject: 'Ihr Konto bei {name} wurde mit {provider} verbunden',
    heading: 'Ihr Konto wurde mit {provider} verbunden',
    reason:
      'Ihr Konto bei {name} lässt sich nun auch durch eine Anmeldung bei {provider} öffnen ({at}). ' +
      'Alle anderen Sitzungen sind beendet.',
    ifNotYou:
      'Falls Sie das nicht waren, melden Sie sich bitte an, entfernen Sie die Verbindung in Ihrem Konto, ' +
      'ändern Sie Ihr Passwort, und geben Sie uns Bescheid.',
  },
  identity_removed: {
    subject: 'Die Verbindung Ihres Kontos bei {name} mit {provider} wurde entfernt',
    heading: 'Eine Verbindung wurde entfernt',
    reason:
      'Ihr Konto bei {name} ist nicht mehr mit {provider} verbunden ({at}). Eine Anmeldung dort öffnet es nicht ' +
      'mehr. Alle anderen Sitzungen sind beendet.',
    ifNotYou:
      'Falls Sie das nicht waren, fordern Sie bitte sofort auf der Anmeldeseite ein neues Passwort an, ' +
      'und geben Sie uns Bescheid.',
  },
  wrong_factor: {
    subject: 'Ihr Passwort für {name} wurde verwendet, mit falschen Codes',
    heading: 'Richtiges Passwort, falsche Codes',
    reason:
      'Jemand hat das Passwort Ihres Kontos bei {name} und danach mehrere falsche Codes eingegeben: ' +
      'Adresse {ip}, {at}. Die Anmeldung wurde abgelehnt.',
    ifNotYou: 'Falls Sie das nicht waren, kennt jemand Ihr Passwort: Ändern Sie es bitte sofort.',
  },
  recovery_code_used: {
    subject: 'Ein Wiederherstellungscode für {name} wurde verwendet',
    heading: 'Ein Wiederherstellungscode wurde verwendet',
    reason:
      'Jemand, vermutlich Sie, hat einen Wiederherstellungscode Ihres Kontos bei {name} verwendet ({at}). ' +
      'Verbleibende Codes: {left}. Erstellen Sie in Ihrem Konto neue, bevor der letzte verbraucht ist.',
    ifNotYou:
      'Falls Sie das nicht waren, ändern Sie bitte sofort Ihr Passwort, erstellen Sie neue Wiederherstellungscodes, ' +
      'und geben Sie uns Bescheid.',
  },
  factors_reset: {
    subject: 'Der zweite Anmeldeschritt Ihres Kontos bei {name} wurde entfernt',
    heading: 'Neuen zweiten Anmeldeschritt einrichten',
    reason:
      'Die Administration hat alle zweiten Anmeldeschritte Ihres Kontos bei {name} entfernt und alle Sitzungen ' +
      'beendet ({at}). Öffnen Sie den Link und melden Sie sich mit Ihrem Passwort an, um einen neuen einzurichten.',
    button: 'Neu einrichten',
    ifNotYou:
      'Falls Sie das nicht angefordert haben, öffnen Sie den Link bitte nicht, und geben Sie uns sofort Bescheid.',
  },
  common: {
    life: 'Der Link ist {life} lang gültig und funktioniert nur einmal.',
    openInstead: 'Falls die Schaltfläche nicht funktioniert, öffnen Sie bitte diese Adresse:',
    support: 'Hilfe: {support}',
    footer: 'Diese E-Mail wurde automatisch von {name} gesendet.',
    device: '{browser} unter {system}',
    unknownDevice: 'unbekanntes Gerät',
    unknown: 'unbekannt',
    totp: 'eine Authenticator-App',
    passkey: 'ein Passkey',
    recovery_codes: 'neue Wiederherstellungscodes',
  },
};
