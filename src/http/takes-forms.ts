// Marks a route that pages can call without JSON: by navigator.sendBeacon while they close, or by a plain form.
import type { FastifyRequest } from 'fastify';
import { hasMark, routeMark } from './route-mark.js';

/** The body of such a request is ignored: only its cookies count, and the cross-site guard checks it. */
export const TakesForms = () => routeMark({ takesForms: true });

const simpleTypes = /^(|text\/plain|application\/x-www-form-urlencoded|multipart\/form-data)$/;

/** A form with a token is refused: ignoring the token would look like success, and tokens must come as JSON. */
export function takesForms(request: FastifyRequest, body: Buffer): boolean {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (!hasMark(request, 'takesForms') || !simpleTypes.test(type)) return false;
  const text = textOf(body);
  return !namesToken.test(text) && !beginsLikeJwt.test(text);
}

/** A token by its field's name or, under any name, by how ours begin. */
const namesToken = /(?:refresh|access)_?token|wrt_/i;

/** Begins once in each run of letters: at every `eyJ` instead, 64 KiB of `eyJeyJ…` took seconds. */
const beginsLikeJwt = /(?<![\w-])(?=[\w-]*eyJ[\w-])[\w-]+\.eyJ/i;

const textOf = (body: Buffer) =>
  body
    .toString('latin1')
    .replace(/%([0-7][\da-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
