// Which keys do we trust now, and with which one do we sign? Answered from memory.
import { createPublicKey, type KeyObject } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { importPKCS8, type JWK } from 'jose';
import { KeyStore } from './key-store.js';
import { type Signer, type SigningKeyRow, stateOf } from './signing-key.js';

/** Exactly these members, public ones only (RFC 7517 §4). */
export interface PublishedKey {
  readonly kty: string;
  readonly n: string;
  readonly e: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'RS256';
}

@Injectable()
export class KeyRing implements OnModuleInit {
  private publicKeys: ReadonlyMap<string, KeyObject> = new Map();
  private published: readonly PublishedKey[] = [];
  private currentSigner: Signer | undefined;

  constructor(private readonly store: KeyStore) {}

  async onModuleInit(): Promise<void> {
    await this.store.bootstrap();
    await this.reload();
  }

  /** The key that our own kid names; whatever else a token's header says chooses nothing. */
  publicKey(kid: string): KeyObject | undefined {
    return this.publicKeys.get(kid);
  }

  get jwks(): readonly PublishedKey[] {
    return this.published;
  }

  hasSigner(): boolean {
    return this.currentSigner !== undefined;
  }

  signer(): Signer {
    if (!this.currentSigner) throw new Error('There is no signing key.');
    return this.currentSigner;
  }

  private async reload(): Promise<void> {
    const { now, keys } = await this.store.load();
    const live = keys.filter((key) => stateOf(key, now) !== 'removed');
    this.proveThatAllOpen(live);
    this.publicKeys = new Map(live.map((key) => [key.kid, createPublicKey({ key: key.publicJwk, format: 'jwk' })]));
    this.published = live.map(({ kid, publicJwk }) => toPublished(kid, publicJwk));
    const signing = live.find((key) => stateOf(key, now) === 'signing');
    if (!signing) throw new Error('No key in signing_keys is active: the service cannot sign.');
    const privateKey = await importPKCS8(this.store.openPrivateKey(signing), 'RS256');
    this.currentSigner = { kid: signing.kid, privateKey };
  }

  /** A wrong key-encryption key must stop the start, and say which keys it fails on. */
  private proveThatAllOpen(keys: readonly SigningKeyRow[]): void {
    const closed = keys.filter((key) => {
      try {
        this.store.openPrivateKey(key);
        return false;
      } catch {
        return true;
      }
    });
    if (closed.length === 0) return;
    const names = closed.map((key) => key.kid).join(', ');
    throw new Error(
      `The key-encryption key does not open ${names}. Nothing was changed: set the key they were sealed with.`,
    );
  }
}

function toPublished(kid: string, { n, e }: JWK): PublishedKey {
  if (!n || !e) throw new Error(`The public half of ${kid} is not an RSA key.`);
  return { kty: 'RSA', n, e, kid, use: 'sig', alg: 'RS256' };
}
