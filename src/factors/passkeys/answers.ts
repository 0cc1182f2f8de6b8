// The options of the routes as they stand in the document: what `PublicKeyCredential.parse…OptionsFromJSON` takes.
import * as z from 'zod';
import { knownTransports } from './credentials.js';

const userVerification = z.enum(['required', 'preferred', 'discouraged']);
const known = z.array(
  z.object({ id: z.string(), type: z.literal('public-key'), transports: z.array(z.enum(knownTransports)).optional() }),
);
const common = {
  challenge: z.string().meta({ description: 'Good once, for five minutes.' }),
  timeout: z.int().meta({ description: 'Milliseconds.' }),
};

export const requestOptions = z
  .object({ ...common, rpId: z.string(), allowCredentials: known.optional(), userVerification })
  .meta({ id: 'PasskeyRequestOptions', description: 'PublicKeyCredentialRequestOptionsJSON of WebAuthn Level 3.' });

export const creationOptions = z
  .object({
    ...common,
    rp: z.object({ id: z.string(), name: z.string() }),
    user: z.object({ id: z.string(), name: z.string(), displayName: z.string() }),
    pubKeyCredParams: z.array(z.object({ type: z.literal('public-key'), alg: z.int() })),
    excludeCredentials: known,
    authenticatorSelection: z.object({
      residentKey: z.literal('preferred'),
      requireResidentKey: z.literal(false),
      userVerification,
    }),
    attestation: z.literal('none'),
    extensions: z.object({ credProps: z.boolean() }),
    hints: z.array(z.string()),
  })
  .meta({ id: 'PasskeyCreationOptions', description: 'PublicKeyCredentialCreationOptionsJSON of WebAuthn Level 3.' });
