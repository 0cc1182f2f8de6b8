// For NestJS 10 to 12, on Express and on Fastify.
import {
  type CanActivate,
  createParamDecorator,
  type DynamicModule,
  type ExecutionContext,
  HttpException,
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
  SetMetadata,
} from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import type { AccessTokenClaims } from '../../contract/src/claims.js';
import type { Demands } from './authorise.js';
import type { IncomingRequest } from './presented-token.js';
import { answerTo, checkRequest, claimsOf, type Protection } from './protection.js';
import type { StalePolicy, VerifierOptions } from './settings.js';
import { createVerifier, type Verifier } from './verifier.js';

export { claimsOf } from './protection.js';

const [IS_PUBLIC, DEMANDS, ON_STALE] = ['watchword:public', 'watchword:demands', 'watchword:on-stale'];

/** The token of the {@link Verifier}, for `@Inject`. */
export const VERIFIER = Symbol.for('watchword.Verifier');
const OPTIONS = Symbol.for('watchword.WatchwordOptions');

/** What {@link WatchwordModule.forRoot} needs to know. */
export interface WatchwordOptions extends VerifierOptions, Pick<Protection, 'cookie'> {
  /**
   * Protects every route but those with `@Public()`. With `false`, only what has `@UseGuards(AccessTokenGuard)`.
   * @defaultValue true
   */
  readonly everyRoute?: boolean;
}

/**
 * Opens a route, or every route of a controller, to callers without a token. A handler or a controller that also demands
 * something stays closed.
 */
export const Public = () => SetMetadata(IS_PUBLIC, true);

/** Admits people with one of the roles; everybody else receives 403 `forbidden`. */
export const Roles = (...roles: string[]) => demand({ roles });

/** Admits services with all of the scopes; everybody else receives 403 `forbidden`. */
export const Scopes = (...scopes: string[]) => demand({ scopes });

/**
 * Admits people who proved who they are in one of the ways `acr`, at most `maxAge` seconds ago (RFC 9470). Others
 * receive 403 `reauthentication_required`.
 */
export const Requires = (demands: Pick<Demands, 'acr' | 'maxAge'>) => demand(demands);

/** What a route does while the feed is older than `maxFeedAge`. */
export const OnStale = (policy: StalePolicy) => SetMetadata(ON_STALE, policy);

/** The claims of the caller. */
export const Claims = createParamDecorator((_: unknown, context: ExecutionContext): AccessTokenClaims =>
  claimsOf(context.switchToHttp().getRequest<object>()),
);

/** Several decorators add up, unlike with SetMetadata; what stands at a handler overrides its controller. */
function demand(demands: Demands): MethodDecorator & ClassDecorator {
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const marked: object = descriptor?.value ?? target;
    const before: Demands | undefined = Reflect.getMetadata(DEMANDS, marked);
    Reflect.defineMetadata(DEMANDS, { ...before, ...demands }, marked);
  };
}

/** Lets a request reach its route if its token is good and the route's demands are met. */
@Injectable()
export class AccessTokenGuard implements CanActivate {
  constructor(
    @Inject(VERIFIER) private readonly verifier: Verifier,
    @Inject(OPTIONS) private readonly options: WatchwordOptions,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  /** @throws HttpException with the problem details as its response */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const places = [context.getHandler(), context.getClass()];
    if (this.isPublic(places)) return true;
    if (context.getType() !== 'http') throw new Error('AccessTokenGuard protects HTTP routes only.');
    const http = context.switchToHttp();
    const request = http.getRequest<IncomingRequest>();
    const onStale = this.reflector.getAllAndOverride<StalePolicy | undefined>(ON_STALE, places);
    const [ofHandler, ofClass] = places.map((place) => this.demandsOf(place));
    const { cookie } = this.options;
    try {
      const protection = { ...ofClass, ...ofHandler, ...(cookie ? { cookie } : {}), ...(onStale ? { onStale } : {}) };
      await checkRequest(this.verifier, request, protection);
      return true;
    } catch (error) {
      const { status, headers, body } = answerTo(error, request);
      const response = http.getResponse<{ header(name: string, value: string): unknown }>();
      for (const [name, value] of Object.entries(headers)) response.header(name, value);
      const problem: Record<string, unknown> = JSON.parse(body);
      throw new HttpException(problem, status, { cause: error });
    }
  }

  /** The nearest mark counts, and a demand is one, too. Where both stand at one place, the demand counts. */
  private isPublic(places: readonly Place[]): boolean {
    const nearest = places.find((place) => this.reflector.get(IS_PUBLIC, place) ?? this.demandsOf(place));
    return nearest !== undefined && this.demandsOf(nearest) === undefined;
  }

  private demandsOf(place: Place): Demands | undefined {
    return this.reflector.get<Demands | undefined>(DEMANDS, place);
  }
}

type Place = ReturnType<ExecutionContext['getHandler']> | ReturnType<ExecutionContext['getClass']>;

/** Follows the issuer, and protects every route of the application. */
@Module({})
export class WatchwordModule implements OnApplicationShutdown {
  constructor(@Inject(VERIFIER) private readonly verifier: Verifier) {}

  /**
   * @example
   * imports: [WatchwordModule.forRoot({ issuer: 'https://auth.example.com', audience: 'https://orders.example.com' })]
   */
  static forRoot(options: WatchwordOptions): DynamicModule {
    const guard = options.everyRoute === false ? [] : [{ provide: APP_GUARD, useExisting: AccessTokenGuard }];
    return {
      module: WatchwordModule,
      global: true,
      providers: [
        { provide: OPTIONS, useValue: options },
        { provide: VERIFIER, useFactory: () => createVerifier(options) },
        AccessTokenGuard,
        ...guard,
      ],
      exports: [VERIFIER, OPTIONS, AccessTokenGuard],
    };
  }

  onApplicationShutdown(): void {
    this.verifier.close();
  }
}
