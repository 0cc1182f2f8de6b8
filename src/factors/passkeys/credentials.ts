// What browsers send of a passkey: the JSON of `credential.toJSON()` (WebAuthn Level 3 §5.1), as far as it is used.
// Further members are ignored, because browsers add to them.
import * as z from 'zod';

/** WebAuthn §4: a credential id has at most 1,023 bytes. */
const MAX_ID = 1_364;
const MAX_BYTES = 16_384;

const base64url = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[\w-]+$/);

const common = { id: base64url(MAX_ID), rawId: base64url(MAX_ID), type: z.literal('public-key') };

export const assertion = z
  .object({
    ...common,
    response: z.object({
      clientDataJSON: base64url(MAX_BYTES),
      authenticatorData: base64url(MAX_BYTES),
      signature: base64url(MAX_BYTES),
      /** Some browsers write an empty one. */
      userHandle: z
        .string()
        .max(88)
        .regex(/^[\w-]*$/)
        .nullish(),
    }),
  })
  .meta({ id: 'PasskeyAssertion', description: 'The JSON of a credential that `navigator.credentials.get` returned.' });

export const attestation = z
  .object({
    ...common,
    response: z.object({
      clientDataJSON: base64url(MAX_BYTES),
      attestationObject: base64url(MAX_BYTES),
      transports: z.array(z.string().max(20)).max(10).default([]),
    }),
  })
  .meta({
    id: 'PasskeyAttestation',
    description: 'The JSON of a credential that `navigator.credentials.create` returned.',
  });

export type Assertion = z.output<typeof assertion>;
export type Attestation = z.output<typeof attestation>;

/** WebAuthn §5.8.4. Browsers send what else they know; it is of no use later. */
export const knownTransports = ['usb', 'nfc', 'ble', 'smart-card', 'hybrid', 'internal'] as const;
export type PasskeyTransport = (typeof knownTransports)[number];

export const transportsOf = (given: readonly string[]): PasskeyTransport[] =>
  knownTransports.filter((each) => given.includes(each));
