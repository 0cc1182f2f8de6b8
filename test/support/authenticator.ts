// A software authenticator: makes passkeys and signs with them, as a browser hands their answers on. Tests spoil what they
// want to be wrong.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';

type Json = Record<string, any>;

/** COSE (RFC 9053): EdDSA, ES256, RS256, and ES384, which nobody asks for. */
export type Algorithm = -8 | -7 | -257 | -35;

export interface Spoiled {
  readonly origin?: string;
  readonly rpId?: string;
  readonly challenge?: string;
  /** Members of the client data that replace or join what a browser writes. */
  readonly clientData?: Json;
  /** User verified; true by default. */
  readonly verified?: boolean;
  readonly present?: boolean;
  readonly backupEligible?: boolean;
  readonly backedUp?: boolean;
  /** Fixed; else it counts up, where the authenticator counts. */
  readonly counter?: number;
  readonly userHandle?: string | null;
  /** Changes the client data after they were signed. */
  readonly editAfter?: (text: string) => string;
}

const FLAGS = { present: 1, verified: 4, backupEligible: 8, backedUp: 16, attested: 64 };

export class Authenticator {
  private readonly keys: { publicKey: KeyObject; privateKey: KeyObject };
  credentialId = randomBytes(32);
  userHandle = '';
  rpId = '';
  counter = 0;

  constructor(
    readonly algorithm: Algorithm = -7,
    readonly traits: { counts?: boolean; synced?: boolean; aaguid?: string; transports?: string[] } = {},
    readonly origin = 'http://auth.test',
  ) {
    this.keys = keyPair(algorithm);
  }

  /** @param options the answer of …/passkeys/options; @returns `credential.toJSON()` */
  create(options: Json, spoiled: Spoiled = {}): Json {
    this.rpId = options['rp'].id as string;
    this.userHandle = options['user'].id as string;
    const clientDataJSON = this.clientData('webauthn.create', options['challenge'] as string, spoiled);
    const attestationObject = isoCBOR.encode(
      new Map<string, any>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', new Uint8Array(this.data({ verified: true, ...spoiled }, this.attested()))],
      ]),
    );
    return {
      ...this.named(),
      response: {
        clientDataJSON: encoded(clientDataJSON),
        attestationObject: encoded(Buffer.from(attestationObject)),
        transports: this.traits.transports ?? ['internal'],
      },
    };
  }

  /** @param options the answer of a route for options; @returns `credential.toJSON()` */
  get(options: Json, spoiled: Spoiled = {}): Json {
    const clientDataJSON = this.clientData('webauthn.get', options['challenge'] as string, spoiled);
    const authenticatorData = this.data({ verified: true, ...spoiled });
    const signed = Buffer.concat([authenticatorData, sha256(clientDataJSON)]);
    const edited = spoiled.editAfter ? Buffer.from(spoiled.editAfter(clientDataJSON.toString())) : clientDataJSON;
    const userHandle = spoiled.userHandle === undefined ? this.userHandle : spoiled.userHandle;
    return {
      ...this.named(),
      response: {
        clientDataJSON: encoded(edited),
        authenticatorData: encoded(authenticatorData),
        signature: encoded(this.sign(signed)),
        ...(userHandle === null ? {} : { userHandle }),
      },
    };
  }

  private named(): Json {
    const id = encoded(this.credentialId);
    return { id, rawId: id, type: 'public-key', authenticatorAttachment: 'platform', clientExtensionResults: {} };
  }

  private clientData(type: string, challenge: string, spoiled: Spoiled): Buffer {
    const origin = spoiled.origin ?? this.origin;
    const usual = { type, challenge: spoiled.challenge ?? challenge, origin, crossOrigin: false };
    return Buffer.from(JSON.stringify({ ...usual, ...spoiled.clientData }));
  }

  private data(spoiled: Spoiled, attested: Buffer = Buffer.alloc(0)): Buffer {
    if (this.traits.counts) this.counter++;
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(spoiled.counter ?? this.counter);
    const { synced = false } = this.traits;
    const flags =
      (spoiled.present === false ? 0 : FLAGS.present) |
      (spoiled.verified ? FLAGS.verified : 0) |
      ((spoiled.backupEligible ?? synced) ? FLAGS.backupEligible : 0) |
      ((spoiled.backedUp ?? synced) ? FLAGS.backedUp : 0) |
      (attested.length > 0 ? FLAGS.attested : 0);
    return Buffer.concat([sha256(Buffer.from(spoiled.rpId ?? this.rpId)), Buffer.of(flags), counter, attested]);
  }

  private attested(): Buffer {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.credentialId.length);
    const aaguid = Buffer.from((this.traits.aaguid ?? '0'.repeat(32)).replaceAll('-', ''), 'hex');
    const key = Buffer.from(isoCBOR.encode(cose(this.keys.publicKey, this.algorithm)));
    return Buffer.concat([aaguid, length, this.credentialId, key]);
  }

  private sign(data: Buffer): Buffer {
    return sign(
      { [-8]: null, [-7]: 'sha256', [-257]: 'sha256', [-35]: 'sha384' }[this.algorithm],
      data,
      this.keys.privateKey,
    );
  }
}

function keyPair(algorithm: Algorithm) {
  if (algorithm === -8) return generateKeyPairSync('ed25519');
  if (algorithm === -257) return generateKeyPairSync('rsa', { modulusLength: 2048 });
  return generateKeyPairSync('ec', { namedCurve: algorithm === -7 ? 'P-256' : 'P-384' });
}

/** COSE_Key (RFC 9053 §7, RFC 8230 §4). */
function cose(key: KeyObject, algorithm: Algorithm): Map<number, any> {
  const jwk = key.export({ format: 'jwk' });
  const bytes = (text: string | undefined) => new Uint8Array(Buffer.from(text ?? '', 'base64url'));
  const common: [number, any][] = [[3, algorithm]];
  if (algorithm === -257) return new Map([[1, 3], ...common, [-1, bytes(jwk.n)], [-2, bytes(jwk.e)]]);
  if (algorithm === -8) return new Map([[1, 1], ...common, [-1, 6], [-2, bytes(jwk.x)]]);
  return new Map([[1, 2], ...common, [-1, algorithm === -7 ? 1 : 2], [-2, bytes(jwk.x)], [-3, bytes(jwk.y)]]);
}

const encoded = (bytes: Buffer): string => bytes.toString('base64url');
const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

/** In the form that the routes take, to sign in and to register. */
export function credentialOfNobody(): Json {
  const key = new Authenticator();
  const rp = { id: 'auth.test' };
  const options = { rp, user: { id: encoded(randomBytes(16)) }, challenge: encoded(randomBytes(55)) };
  const made = key.create(options);
  return { ...made, response: { ...made['response'], ...key.get(options)['response'] } };
}
