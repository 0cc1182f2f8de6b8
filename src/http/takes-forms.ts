// Marks the route that pages can call without JSON: by navigator.sendBeacon while they close, or by a plain form.
import type { FastifyRequest } from 'fastify';
import { hasMark, routeMark } from './route-mark.js';

/** What such a request carries in its body is ignored; it counts by its cookies, and the cross-site guard judges it. */
export const TakesForms = () => routeMark({ takesForms: true });

const simpleTypes = /^(|text\/plain|application\/x-www-form-urlencoded|multipart\/form-data)$/;

/** A form that carries a token wants it to count, and must say so in JSON: it is never ignored. */
export function takesForms(request: FastifyRequest, body: Buffer): boolean {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return (
    hasMark(request, 'takesForms') &&
    simpleTypes.test(type) &&
    !/(refresh|access)_?token/i.test(body.toString('latin1'))
  );
}
