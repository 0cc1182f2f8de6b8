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
  const value = parseObject(body);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new Refusal('invalid_request', { errors: [{ path: '', message: 'The body must be a JSON object.' }] });
}

function parseObject(body: Buffer): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    const value: unknown = JSON.parse(text, refusePollution);
    refuseDuplicates(text);
    return value;
  } catch (cause) {
    throw new Refusal('invalid_request', { cause });
  }
}

/** Parsers disagree on which of two members of one name counts (RFC 8259 §4). The text is well-formed JSON by now. */
function refuseDuplicates(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  const tokens = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|([{}[\]])/g;
  for (const [, string = '', colon, bracket] of text.matchAll(tokens)) {
    if (bracket === '{' || bracket === '[') open.push(bracket === '{' ? new Set() : undefined);
    else if (bracket) open.pop();
    else if (colon) {
      const key = JSON.parse(string) as string;
      if (open.at(-1)?.has(key)) throw new SyntaxError('a key stands twice');
      open.at(-1)?.add(key);
    }
  }
}

function refusePollution(key: string, value: unknown): unknown {
  if (key === '__proto__' || key === 'constructor' || key === 'prototype') throw new SyntaxError(`the key ${key}`);
  return value;
}
