// What is asked often and answered alike to all? The framework answers once; after that its answer is given again in front of it.
import { randomUUID } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { FastifyServerFactory } from 'fastify';

export interface Content {
  readonly body: string;
  readonly etag: string;
}

interface Source {
  /** What the framework would answer now, the same object for as long as it is the same; nothing where only it knows. */
  readonly current: () => Content | undefined;
  readonly count: (status: number, seconds: number) => void;
}

interface Kept {
  readonly content: Content;
  readonly whenNew: readonly string[];
  readonly whenKnown: readonly string[];
}

/** As Fastify calls it. */
type WriteHead = (status: number, headers?: OutgoingHttpHeaders) => ServerResponse;

/** Says nothing about what is not there (RFC 9110 §15.4.5). */
const OF_A_BODY = ['content-length', 'content-type'];
const REQUEST_ID = 'x-request-id';

/** RFC 9110 §13.1.2: compared weakly. */
export const isKnown = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*') === true;

export class RememberedAnswer {
  private source: Source | undefined;
  private kept: Kept | undefined;

  constructor(private readonly path: string) {}

  /** Until this is called, the framework answers everything. */
  from(source: Source): void {
    this.source = source;
  }

  /** For Fastify, with what it sets on a server of its own. */
  readonly inFront: FastifyServerFactory = (handler: RequestListener, given): Server => {
    const options = given as { http?: object; keepAliveTimeout?: number; requestTimeout?: number };
    const server = createServer(options.http ?? {}, (request, response) => {
      if (!this.answers(request, response)) handler(request, response);
    });
    server.keepAliveTimeout = options.keepAliveTimeout ?? server.keepAliveTimeout;
    server.requestTimeout = options.requestTimeout ?? server.requestTimeout;
    return server;
  };

  private answers(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.url !== this.path || request.method !== 'GET' || !this.source) return false;
    const start = performance.now();
    const content = this.source.current();
    if (!content) return false;
    if (this.kept?.content !== content) {
      this.listen(content, response);
      return false;
    }
    const known = isKnown(request.headers['if-none-match'], content.etag);
    const headers = known ? this.kept.whenKnown : this.kept.whenNew;
    response.writeHead(known ? 304 : 200, [...headers, REQUEST_ID, randomUUID()]);
    response.end(known ? undefined : content.body);
    this.source.count(response.statusCode, (performance.now() - start) / 1_000);
    return true;
  }

  /** Headers that are written in one go are nowhere to be read afterwards. */
  private listen(content: Content, response: ServerResponse): void {
    const writeHead = response.writeHead.bind(response) as WriteHead;
    const heard: WriteHead = (status, headers) => {
      if (status === 200) this.keep(content, { ...response.getHeaders(), ...headers });
      return writeHead(status, headers);
    };
    response.writeHead = heard as ServerResponse['writeHead'];
  }

  private keep(content: Content, headers: OutgoingHttpHeaders): void {
    const { etag, [REQUEST_ID]: _, ...others } = headers;
    if (etag !== content.etag) return;
    const flat = (leftOut: readonly string[]) =>
      Object.entries({ etag, ...others })
        .filter(([name]) => !leftOut.includes(name))
        .flatMap(([name, value]) => [name, String(value)]);
    this.kept = { content, whenNew: flat([]), whenKnown: flat(OF_A_BODY) };
  }
}
