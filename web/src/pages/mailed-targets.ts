// What the link of each mail does, and where it leads on.
import type { Purpose } from '../mailed-token.js';
import type { TextKey } from '../text.js';

/** A page, and what the link to it says. */
type Onward = readonly [page: string, text: TextKey];

interface Target {
  readonly route: string;
  readonly asksPassword?: true;
  /** The answer sets cookies of this browser. */
  readonly setsCookies?: true;
  readonly isGrave?: true;
  readonly next?: Onward;
  /** Where a person gets another link, if they can get one by themselves. */
  readonly again?: Onward;
}

const signIn: Onward = ['sign-in', 'to-sign-in'];
const account: Onward = ['', 'to-account'];

export const targets: Readonly<Record<Purpose, Target>> = {
  verify: { route: '/auth/email/verify', next: signIn, again: ['check-mail', 'to-new-link'] },
  email: { route: '/auth/email/verify', next: account, again: account },
  reset: { route: '/auth/password/reset', asksPassword: true, next: signIn, again: ['forgot', 'to-new-link'] },
  invite: { route: '/auth/password/reset', asksPassword: true, next: signIn, again: ['forgot', 'to-new-link'] },
  magic: { route: '/auth/magic', setsCookies: true, next: account, again: signIn },
  device: { route: '/auth/device', setsCookies: true, next: signIn, again: signIn },
  freeze: { route: '/auth/freeze', isGrave: true },
};
