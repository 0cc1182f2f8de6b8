// Gives a service a token of its own (RFC 6749 §4.4) for a resource that it may call (RFC 8707).
import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { Refusal } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { AccessTokens, type SignedAccessToken } from '../tokens/access-tokens.js';
import type { ServicePrincipal } from './service-authentication.js';
import { ServiceLimits } from './service-limits.js';

interface Wish {
  readonly scope?: string | undefined;
  readonly resource?: readonly string[] | undefined;
}

interface Granted {
  readonly token: SignedAccessToken;
  readonly scope: string;
}

@Injectable()
export class ServiceGrant {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly limits: ServiceLimits,
    private readonly audit: Audit,
  ) {}

  /** @throws Refusal `unauthorized_client`, `invalid_target`, `invalid_scope`, `too_many_attempts`, `unavailable` */
  async of(service: ServicePrincipal, wish: Wish, caller: Caller): Promise<Granted> {
    const audiences = audiencesOf(service, wish);
    const scope = scopeOf(service, wish);
    await this.limits.takeSignature(service.id);
    const subject = { clientId: service.clientId, tokenVersion: service.secretVersion, scope, audiences };
    const token = await this.accessTokens.signForService(subject);
    this.audit.note({ type: 'service.token_issued', service: service.name, scope, audiences }, caller);
    return { token, scope };
  }
}

/** Without a wish: the only resource that it may call. Of several it must choose, so that no token opens them all. */
function audiencesOf({ resources }: ServicePrincipal, { resource }: Wish): readonly [string, ...string[]] {
  if (resources.length === 0) throw new Refusal('unauthorized_client');
  const [first, ...others] = new Set(resource ?? (resources.length === 1 ? resources : []));
  if (first === undefined || ![first, ...others].every((each) => resources.includes(each)))
    throw new Refusal('invalid_target');
  return [first, ...others];
}

/** Without a wish: all that it has. */
function scopeOf({ scopes }: ServicePrincipal, { scope }: Wish): string {
  const wanted = [...new Set(scope?.split(' ') ?? scopes)];
  if (!wanted.every((each) => scopes.includes(each))) throw new Refusal('invalid_scope');
  return wanted.join(' ');
}
