// Which bodies are read at all? JSON objects in UTF-8, not compressed, at most 64 KiB.
import type { FastifyInstance } from 'fastify';
import { Refusal } from '../errors.js';

export const BODY_LIMIT = 64 * 1024;

export function acceptOnlyJson(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
    (request, body, done) => {
      try {
        done(null, parse(body as Buffer, request.headers['content-type'] ?? '', request.headers['content-encoding']));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}

function parse(body: Buffer, contentType: string, encoding: string | undefined): unknown {
  const charset = /;\s*charset="?([^";\s]*)/i.exec(contentType)?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) throw new Refusal('unsupported_media_type');
  if (encoding !== undefined && encoding !== 'identity') throw new Refusal('unsupported_media_type');
  if (body.length === 0) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body), refusePollution);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (cause) {
    throw new Refusal('invalid_request', { cause });
  }
  throw new Refusal('invalid_request', { errors: [{ path: '', message: 'The body must be a JSON object.' }] });
}

function refusePollution(key: string, value: unknown): unknown {
  if (key === '__proto__' || key === 'constructor' || key === 'prototype') throw new SyntaxError(`the key ${key}`);
  return value;
}
