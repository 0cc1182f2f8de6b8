// Begins a sign-in at a provider: sends the browser there.
import { Injectable } from '@nestjs/common';
import * as z from 'zod';
import { Config } from '../../config/config.js';
import { transports } from '../../database/schema/vocabularies.js';
import { Refusal } from '../../errors.js';
import type { Exchange } from '../../http/exchange.js';
import { VolumeLimit } from '../../limits/volume-limit.js';
import { Providers } from '../providers/providers.js';
import { StateCookie } from './state-cookie.js';
import { UpstreamLanding } from './upstream-landing.js';
import { UpstreamRequests, type UpstreamWish } from './upstream-requests.js';

/** RFC 7636 §4.2: a SHA-256 in base64url. */
export const appChallenge = z.string().regex(/^[\w-]{43}$/, 'must be a SHA-256 in base64url (RFC 7636, S256)');
export const appState = z
  .string()
  .max(512)
  .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII characters');

export const startQuery = z.strictObject({
  return_to: z.string().optional().meta({
    description:
      'Cookie: an address of ours or of ALLOWED_ORIGINS; any other is ignored. Bearer: one of UPSTREAM_APP_CALLBACKS.',
  }),
  remember: z.enum(['true', 'false']).optional(),
  fresh: z.enum(['true', 'false']).optional().meta({
    description: 'The provider is to ask who they are, though it may know: a new proof, such as before a grave act.',
  }),
  transport: z.enum(transports).default('cookie'),
  code_challenge: appChallenge.optional().meta({ description: "Bearer: the app's own challenge." }),
  code_challenge_method: z.literal('S256').optional(),
  state: appState.optional().meta({ description: 'Bearer: the app gets it back.' }),
});

export type StartQuery = z.output<typeof startQuery>;

@Injectable()
export class UpstreamStart {
  constructor(
    private readonly providers: Providers,
    private readonly requests: UpstreamRequests,
    private readonly cookie: StateCookie,
    private readonly landing: UpstreamLanding,
    private readonly volume: VolumeLimit,
    private readonly config: Config,
  ) {}

  /**
   * @returns where the browser goes; its cookie is set on the reply
   * @throws Refusal `invalid_request` for an app that may not be returned to; without account pages whatever goes wrong
   */
  async of(id: string, query: StartQuery, exchange: Exchange): Promise<string> {
    const wish = this.wishOf(query);
    return this.orLanding(id, wish, exchange, async () => {
      const provider = this.providers.named(id);
      await this.volume.take('upstream_start', exchange.caller.ip);
      const begun = await this.requests.begin(provider, wish, { isFresh: query.fresh === 'true' });
      this.cookie.write(exchange, begun);
      return begun.location;
    });
  }

  /**
   * Goes on where an app has begun a link: its browser has no cookie yet. What comes of it is of use to nobody but the app,
   * whose verifier and session the exchange needs.
   */
  async goOn(id: string, state: string | undefined, exchange: Exchange): Promise<string> {
    return this.orLanding(id, undefined, exchange, async () => {
      const provider = this.providers.named(id);
      const secrets = await this.requests.secretsOf(state);
      const wish = secrets && (await this.requests.look(provider, secrets));
      if (!secrets || wish?.purpose !== 'link' || wish.transport !== 'bearer')
        throw new Refusal('upstream_request_invalid');
      const location = await this.requests.locationOf(provider, secrets);
      this.cookie.write(exchange, secrets);
      return location;
    });
  }

  private async orLanding(
    id: string,
    wish: UpstreamWish | undefined,
    { caller }: Exchange,
    go: () => Promise<string>,
  ): Promise<string> {
    try {
      return await go();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return this.landing.refused(id, wish, error, caller);
    }
  }

  private wishOf(query: StartQuery): UpstreamWish {
    const { transport, remember, return_to: target } = query;
    const wish = {
      purpose: 'sign_in',
      transport,
      persistent: remember === 'true',
      userId: null,
      sessionId: null,
    } as const;
    if (transport === 'cookie')
      return { ...wish, returnTo: this.landing.returnTo(target), appChallenge: null, appState: null };
    const { code_challenge: code, code_challenge_method: method, state } = query;
    const challenge = method === undefined ? undefined : code;
    const fields = { target: 'return_to', challenge: 'code_challenge' };
    return { ...wish, ...appOf(this.config, { target, challenge, state }, fields) };
  }
}

interface AppsWish {
  readonly target: string | undefined;
  /** With the method S256. */
  readonly challenge: string | undefined;
  readonly state: string | undefined;
}

/** @param fields as the request names them. @throws Refusal `invalid_request` for an app that may not be returned to */
export function appOf(
  config: Pick<Config, 'UPSTREAM_APP_CALLBACKS'>,
  { target, challenge, state }: AppsWish,
  fields: Readonly<Record<'target' | 'challenge', string>>,
): Pick<UpstreamWish, 'returnTo' | 'appChallenge' | 'appState'> {
  // Byte for byte (RFC 9700 §2.1): the code goes there.
  if (target === undefined || !config.UPSTREAM_APP_CALLBACKS.includes(target))
    throw wrong(fields.target, 'must be one of UPSTREAM_APP_CALLBACKS, byte for byte');
  if (challenge === undefined) throw wrong(fields.challenge, "must be there, by S256: the app's own (RFC 7636)");
  return { returnTo: target, appChallenge: challenge, appState: state ?? null };
}

const wrong = (path: string, message: string) => new Refusal('invalid_request', { errors: [{ path, message }] });
