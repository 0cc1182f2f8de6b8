// A service's secret: 256 random bits in a text that scanners for leaked secrets recognise. Pure.
//
//   wcs_ + base64url( secret 32 ‖ CRC-32 u32 BE )
import { randomBytes } from 'node:crypto';
import { sha256, toCheckedText } from '../tokens/checked-text.js';

export const newSecret = (): string => toCheckedText('wcs_', randomBytes(32));

/** Of any text, so that every wrong secret costs the same. The database stores nothing else of a secret. */
export const hashOfSecret = (text: string): Buffer => sha256(Buffer.from(text));
