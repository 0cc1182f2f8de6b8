// Reads what the browser says of a ceremony (WebAuthn §5.8.1), as far as the library leaves it to us. Pure.
import * as z from 'zod';

const clientData = z.object({
  challenge: z.string(),
  crossOrigin: z.boolean().optional(),
  topOrigin: z.unknown().optional(),
});

export interface ClientData {
  readonly challenge: string;
  /** In a frame of another site. We are in none. */
  readonly isFramed: boolean;
}

/** @returns undefined for what is no client data */
export function clientDataOf(text: string): ClientData | undefined {
  const read = clientData.safeParse(parsed(Buffer.from(text, 'base64url').toString()));
  if (!read.success) return undefined;
  const { challenge, crossOrigin = false, topOrigin } = read.data;
  return { challenge, isFramed: crossOrigin || topOrigin !== undefined };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
