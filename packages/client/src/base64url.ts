// Base64url (RFC 4648 §5) and random texts of it. By hand: React Native has no `btoa` everywhere.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The part of WebCrypto that makes random bytes. */
export interface Randomness {
  getRandomValues(bytes: Uint8Array<ArrayBuffer>): unknown;
}

export function base64url(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3);
    const group = (first << 16) | (second << 8) | third;
    const letters = [group >> 18, (group >> 12) & 63, (group >> 6) & 63, group & 63].map((each) => ALPHABET[each]);
    text += letters.slice(0, Math.min(bytes.length - at, 3) + 1).join('');
  }
  return text;
}

/** @param text of ASCII only, such as JSON that was made here or base64url */
export const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** @returns each byte of a base64url text as one character: enough to find ASCII names in JSON */
export function textOf(encoded: string): string {
  let [text, bits, count] = ['', 0, 0];
  for (const letter of encoded) {
    bits = ((bits << 6) | ALPHABET.indexOf(letter)) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    text += String.fromCharCode((bits >> count) & 255);
  }
  return text;
}

/** @returns 256 random bits */
export function random(crypto: Randomness): string {
  const bytes = new Uint8Array(32);
  crypto.getRandomValues(bytes);
  return base64url(bytes);
}
