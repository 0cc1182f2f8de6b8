// What does the tutorial stack sign with? PEM texts, as they would come from its settings.
import { generateKeyPairSync } from 'node:crypto';

const pair = generateKeyPairSync('rsa', {
  modulusLength: Number(process.env.SIGNING_KEY_BITS),
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

export const PUBLIC_PEM: string = pair.publicKey;
export const PRIVATE_PEM: string = pair.privateKey;
