// Refuses the bearer of a dead token.
import { Refusal } from '../errors.js';
import type { Verdict } from './verdict.js';

const refusalFor: Readonly<Record<Exclude<Verdict, 'live'>, () => Refusal>> = {
  user_gone: () => new Refusal('token_revoked'),
  session_revoked: () => new Refusal('token_revoked'),
  token_revoked: () => new Refusal('token_revoked', { session: 'keep' }),
  version_stale: () => new Refusal('token_stale'),
};

/** @throws Refusal `token_revoked`, `token_stale` */
export function refuseDead(verdict: Verdict): void {
  if (verdict !== 'live') throw refusalFor[verdict]();
}
