// upstream check: asks an upstream provider whether sign-in will work, and says what to change there.
import * as z from 'zod';
import { Clock } from '../../clock.js';
import { type Finding } from '../../upstream/check/finding.js';
import { findingsOf } from '../../upstream/check/provider-check.js';
import { command } from '../command.js';
import { Failure } from '../failure.js';

const marks: Readonly<Record<Finding['state'], string>> = { ok: '✓', wrong: '✗', note: '–' };

export const upstreamCheck = command({
  name: 'upstream check',
  usage: 'ID',
  about: 'ask an upstream provider whether sign-in will work, and say what to change there',
  details:
    'ID is that of UPSTREAM_PROVIDERS. It sends the client secret to the provider, with a code that is wrong.\nIt needs no database. It fails if something must be changed.',
  argument: ['[id]', 'the provider'],
  needs: 'settings',
  input: z.object({ id: z.string('Missing the ID of a provider.') }),
  async run({ config, warn }, { id }) {
    const provider = config.upstreamProviders.find((each) => each.id === id);
    const known = config.upstreamProviders.map((each) => each.id).join(', ') || 'none: UPSTREAM_PROVIDERS is not set';
    if (!provider) throw Failure.of('no_such_provider', `No provider ${id}. There are: ${known}.`);
    warn(`Provider: ${provider.label}, ${provider.issuer}`);
    const base = `${config.publicUrl}/auth/upstream/${id}`;
    const clock = new Clock();
    const findings = await findingsOf({
      ...{ provider, callback: `${base}/callback`, logout: `${base}/logout` },
      afterLogout: `${config.publicUrl}/account/sign-in`,
      now: () => clock.now(),
    });
    const failed = findings.some(({ state }) => state === 'wrong');
    const lines = findings.map(({ state, sentence }) => `${marks[state]} ${sentence}`);
    return { sentence: lines.join('\n'), result: { provider: id, usable: !failed, findings }, failed };
  },
});
