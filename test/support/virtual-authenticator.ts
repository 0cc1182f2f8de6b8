// Chromium's virtual authenticator, in one page: a platform's passkeys, or a security key.
import type { CDPSession, Page } from 'playwright-core';

export interface Wishes {
  readonly transport?: 'internal' | 'hybrid' | 'usb';
  /** False for a security key without PIN and sensor. */
  readonly verifiesUser?: boolean;
  /** False for a key that holds no passkeys itself: the service gives it its own back, sealed. */
  readonly remembers?: boolean;
  /** Whether its passkeys are copied to other devices. */
  readonly isSynced?: boolean;
}

export class VirtualAuthenticator {
  private constructor(
    private readonly devtools: CDPSession,
    private authenticatorId: string,
  ) {}

  static async in(page: Page, wishes: Wishes = {}): Promise<VirtualAuthenticator> {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('WebAuthn.enable', { enableUI: false });
    return new VirtualAuthenticator(devtools, await added(devtools, wishes));
  }

  /** Another kind takes its place, with the same passkeys. */
  async become(wishes: Wishes): Promise<void> {
    const { devtools, authenticatorId: before } = this;
    const { credentials } = await devtools.send('WebAuthn.getCredentials', { authenticatorId: before });
    await devtools.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: before });
    const authenticatorId = await added(devtools, wishes);
    for (const credential of credentials)
      await devtools.send('WebAuthn.addCredential', { authenticatorId, credential });
    this.authenticatorId = authenticatorId;
  }

  /** From now on it answers whatever it is asked, or nothing. */
  async setTouched(enabled: boolean): Promise<void> {
    const { authenticatorId } = this;
    await this.devtools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled });
  }

  async setVerified(isUserVerified: boolean): Promise<void> {
    const { authenticatorId } = this;
    await this.devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
  }
}

/** @returns its id */
async function added(devtools: CDPSession, wishes: Wishes): Promise<string> {
  const { transport = 'internal', verifiesUser = true, remembers = true, isSynced = false } = wishes;
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...({ protocol: 'ctap2', transport, hasResidentKey: remembers } as const),
      hasUserVerification: verifiesUser,
      isUserVerified: verifiesUser,
      automaticPresenceSimulation: true,
      defaultBackupEligibility: isSynced,
      defaultBackupState: isSynced,
    },
  });
  return authenticatorId;
}
