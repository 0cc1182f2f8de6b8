// What ties the answer to the app that asked: a state, and the proof of RFC 7636 with S256.

/** The part of WebCrypto that is needed. */
export interface Crypto {
  getRandomValues(bytes: Uint8Array<ArrayBuffer>): unknown;
  readonly subtle: { digest(algorithm: 'SHA-256', data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> };
}

export interface Proof {
  readonly state: string;
  readonly verifier: string;
  readonly challenge: string;
}

const own = globalThis as unknown as { readonly crypto: Crypto };

export async function newProof(crypto: Crypto = own.crypto): Promise<Proof> {
  const [state, verifier] = [random(crypto), random(crypto)];
  const bytes = Uint8Array.from(verifier, (letter) => letter.charCodeAt(0));
  return { state, verifier, challenge: base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))) };
}

function random(crypto: Crypto): string {
  const bytes = new Uint8Array(32);
  crypto.getRandomValues(bytes);
  return base64url(bytes);
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** By hand: React Native has no `btoa` everywhere. */
function base64url(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3);
    const group = (first << 16) | (second << 8) | third;
    const letters = [group >> 18, (group >> 12) & 63, (group >> 6) & 63, group & 63].map((each) => ALPHABET[each]);
    text += letters.slice(0, Math.min(bytes.length - at, 3) + 1).join('');
  }
  return text;
}
