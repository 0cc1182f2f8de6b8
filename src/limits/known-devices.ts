// Recognises devices on which the user has signed in, by a cookie or an app's token. It opens a lane of guesses,
// nothing else.
import { Injectable } from '@nestjs/common';
import { stringifySetCookie } from 'cookie';
import { Clock } from '../clock.js';
import { Config } from '../config/config.js';
import type { Transport } from '../database/schema/vocabularies.js';
import { cookieValues } from '../http/cookie-header.js';
import { cookieNames } from '../http/cookies.js';
import type { Asking, Exchange } from '../http/exchange.js';
import { type Device, formatDevices, newDeviceId, parseDevices, withDevice } from './devices.js';
import { GuessLanes, type Lane } from './guess-lanes.js';
import { LimitKeys } from './limit-keys.js';

interface OfUser {
  readonly id: string;
  readonly sessionEpoch: number;
}

@Injectable()
export class KnownDevices {
  private readonly cookieName: string;
  /** Devices that were refused a lane, by request. */
  private readonly closed = new WeakMap<object, string>();

  constructor(
    private readonly keys: LimitKeys,
    private readonly lanes: GuessLanes,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {
    this.cookieName = cookieNames(config).device;
  }

  /** @returns the device, if it belongs to this user at their present epoch */
  async of(user: OfUser | undefined, request: Asking['request'], deviceToken?: string): Promise<Device | undefined> {
    if (!user) return undefined;
    const youngest = this.nowSeconds() - this.config.DEVICE_DAYS * 86_400;
    const all = await this.all(request, deviceToken);
    return all.find(
      ({ userId, epoch, issuedAt }) => userId === user.id && epoch === user.sessionEpoch && issuedAt > youngest,
    );
  }

  laneOf({ deviceId }: Device): Promise<Lane> {
    return this.lanes.ofDevice(deviceId);
  }

  /** It counts as unknown from now on. Whoever signs in on it all the same begins anew, as another device. */
  noteClosed(request: Asking['request'], { deviceId }: Device): void {
    this.closed.set(request, deviceId);
  }

  /** At each complete sign-in: over cookies the cookie is set, else the token for the answer is returned. */
  async renew(
    user: OfUser,
    { request, reply }: Exchange,
    { transport, deviceToken }: { readonly transport: Transport; readonly deviceToken?: string | undefined },
  ): Promise<string | undefined> {
    if (this.config.RATE_LIMITS === 'off') return undefined;
    const known = await this.of(user, request, deviceToken);
    const deviceId = known && this.closed.get(request) !== known.deviceId ? known.deviceId : newDeviceId();
    const device = { userId: user.id, deviceId, epoch: user.sessionEpoch, issuedAt: this.nowSeconds() };
    const others = await this.all(request, deviceToken);
    const text = formatDevices(withDevice(others, device), await this.keys.secret('device'));
    if (transport === 'bearer') return text;
    reply.header('set-cookie', this.line(text));
    return undefined;
  }

  /** Of two cookies one may have been planted: what it holds is ours or counts for nothing. */
  private async all(request: Asking['request'], deviceToken?: string): Promise<Device[]> {
    const texts = cookieValues(request.headers.cookie, this.cookieName).slice(0, 4);
    const key = await this.keys.secret('device');
    return [...(deviceToken === undefined ? [] : [deviceToken]), ...texts].flatMap((text) => parseDevices(text, key));
  }

  private nowSeconds(): number {
    return Math.floor(this.clock.now().getTime() / 1_000);
  }

  private line(value: string): string {
    return stringifySetCookie(this.cookieName, value, {
      httpOnly: true,
      sameSite: 'lax',
      secure: this.config.hasSecureCookies,
      path: '/auth',
      maxAge: this.config.DEVICE_DAYS * 86_400,
    });
  }
}
