// Sends requests to a provider: no redirect is followed, and an answer that is too large is not read to its end.
import type { CustomFetch } from 'openid-client';

/** Discovery documents and key sets have some kilobytes; an ID token with hundreds of groups has a hundred. */
const MAX_ANSWER_BYTES = 256 * 1024;
const TOO_LARGE = `an answer of more than ${MAX_ANSWER_BYTES / 1024} KiB`;

/** A key set or a document is asked for twice: a kept connection may have been closed at the other end. */
export const boundedFetch: CustomFetch = async (url, options) => {
  const { body: content, ...rest } = options;
  const send = () => fetch(url, { ...rest, ...(content === undefined ? {} : { body: content }), redirect: 'manual' });
  const response = await (options.method === 'GET' ? send().catch(again(send)) : send());
  const body = await bytesOf(response);
  const { status, statusText, headers } = response;
  return new Response(body, { status, statusText, headers });
};

/** Node reports any failure of the network as a TypeError; a time-out is none. */
const again = (send: () => Promise<Response>) => (error: unknown) => {
  if (error instanceof TypeError) return send();
  throw error;
};

/** @returns null for no body: some statuses must not have one */
async function bytesOf(response: Response): Promise<Buffer<ArrayBuffer> | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(TOO_LARGE);
    chunks.push(chunk);
  }
  return bytes === 0 ? null : Buffer.concat(chunks);
}
