// Checks a provider from outside, as `upstream check` shows it: what must be changed there, by the name that its screen has.
import type { ProviderSettings } from '../../config/provider-file.js';
import { clientFindings } from './client-check.js';
import { discoveryOf } from './discovery-check.js';
import { note, ok, type Finding } from './finding.js';
import { signingFindings } from './signing-check.js';

export interface CheckedProvider {
  readonly provider: ProviderSettings;
  /** To be registered there. */
  readonly callback: string;
  /** Where people may return to after a logout there. */
  readonly afterLogout: string;
  /** Where it may post logout tokens. */
  readonly logout: string;
  readonly now: () => Date;
}

export async function findingsOf(checked: CheckedProvider): Promise<readonly Finding[]> {
  const { provider, logout } = checked;
  const { metadata, findings } = await discoveryOf(checked);
  // Without it, or in the name of somebody else, nothing else is asked: above all the secret is not sent.
  if (!metadata) return findings;
  return [
    ...findings,
    ...(await signingFindings(metadata)),
    ...(await clientFindings(metadata, checked)),
    endSession(metadata, checked),
    backChannel(metadata, provider, logout),
  ];
}

function endSession(
  { end_session_endpoint: endpoint }: Record<string, unknown>,
  { provider, afterLogout }: CheckedProvider,
): Finding {
  if (typeof endpoint !== 'string')
    return note(
      'end_session',
      'The provider names no end_session_endpoint: a logout here does not end the session there.',
    );
  const back = provider.returnAfterLogout
    ? `Register ${afterLogout} there, as an address to return to after a logout.`
    : `People stay there: to have them return, register ${afterLogout} there and set \`returnAfterLogout\`.`;
  return ok('end_session', `A logout with \`upstream=true\` can end the session at the provider, too. ${back}`);
}

function backChannel(metadata: Record<string, unknown>, provider: ProviderSettings, logout: string): Finding {
  const register = `Register ${logout} there (Authentik: Logout URI, with the Logout Method Back-channel)`;
  if (metadata['backchannel_logout_supported'] === true)
    return ok('backchannel_logout', `The provider can tell us when a person signs out. ${register}.`);
  const cap =
    provider.maxSessionHours === undefined ? ' Set `maxSessionHours`: a session here lives on otherwise.' : '';
  const says = 'The provider does not say that it sends back-channel logouts.';
  return note('backchannel_logout', `${says}${cap} If it does: ${register}.`);
}
