// Names a device in the language of the reader, by the same list of words as the mails do.
import { deviceNamesOf } from '../../../src/sign-in/device-names.js';
import { t } from '../text.js';

export function deviceOf(userAgent: string | null): string {
  const { browser, system } = deviceNamesOf(userAgent);
  if (browser !== undefined && system !== undefined) return t('account.deviceOn', { browser, system });
  return browser ?? system ?? t('account.unknownDevice');
}
