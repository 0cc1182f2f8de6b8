// A small receiver of OpenTelemetry's spans over HTTP: it decodes both encodings of the protocol by their published
// numbers and names, and can refuse, hang or answer slowly.
import { createServer } from 'node:http';
import { inspect } from 'node:util';
import { onTestFinished } from 'vitest';
import { fieldsOf, first, textOf } from './protobuf.js';
import { until } from './until.js';

export interface Received {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly traceState: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: Record<string, unknown>;
  readonly links: string[];
  /** 2: error. */
  readonly status: number;
  readonly message: string;
  readonly resource: Record<string, unknown>;
}

export interface Receiver {
  readonly url: string;
  readonly spans: Received[];
  readonly posts: { readonly path: string; readonly headers: Record<string, unknown>; readonly bytes: Buffer }[];
  /** What the next posts are answered: a status, or nothing at all. */
  answer: number | 'hang';
  named(name: string): Received[];
  untilNamed(name: string, count?: number): Promise<Received[]>;
  /** Everything that was sent, as text to be searched. */
  text(): string;
}

export async function startReceiver(): Promise<Receiver> {
  const spans: Received[] = [];
  const posts: Receiver['posts'][number][] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const bytes = Buffer.concat(chunks);
      posts.push({ path: request.url ?? '', headers: request.headers, bytes });
      const isJson = request.headers['content-type'] === 'application/json';
      if (receiver.answer === 200 && bytes.length > 0) spans.push(...(isJson ? fromJson(bytes) : fromProtobuf(bytes)));
      if (receiver.answer !== 'hang') response.writeHead(receiver.answer).end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as { port: number };
  const named = (name: string) => spans.filter((span) => span.name === name);
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}`,
    spans,
    posts,
    answer: 200,
    named,
    async untilNamed(name, count = 1) {
      await until(`${count} spans ${name} have come`, () => named(name).length >= count);
      return named(name);
    },
    text: () => [inspect(spans, { depth: 9 }), ...posts.map(({ bytes }) => bytes.toString('latin1'))].join('\n'),
  };
  return receiver;
}

/** opentelemetry-proto: trace_service.proto, trace.proto, common.proto. */
function fromProtobuf(bytes: Buffer): Received[] {
  return fieldsOf(bytes)(1).flatMap((resourceSpans) => {
    const parts = fieldsOf(resourceSpans);
    const resource = Object.fromEntries(fieldsOf(first(parts(1)))(1).map(pairOf));
    return parts(2)
      .flatMap((scope) => fieldsOf(scope)(2))
      .map((span) => {
        const field = fieldsOf(span);
        const status = fieldsOf(first(field(15)));
        return {
          traceId: first(field(1)).toString('hex'),
          spanId: first(field(2)).toString('hex'),
          parentId: first(field(4)).toString('hex'),
          traceState: textOf(first(field(3))),
          name: textOf(first(field(5))),
          kind: first(field(6))[0] ?? 0,
          attributes: Object.fromEntries(field(9).map(pairOf)),
          links: field(13).map((link) => first(fieldsOf(link)(2)).toString('hex')),
          status: first(status(3))[0] ?? 0,
          message: textOf(first(status(2))),
          resource,
        };
      });
  });
}

function pairOf(bytes: Buffer): [string, unknown] {
  const field = fieldsOf(bytes);
  const value = fieldsOf(first(field(2)));
  const [number] = value(3);
  return [textOf(first(field(1))), number ? number.readUIntBE(0, number.length) : textOf(first(value(1)))];
}

interface Pair {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number };
}
interface Written {
  readonly resourceSpans: {
    readonly resource: { readonly attributes: Pair[] };
    readonly scopeSpans: { readonly spans: WrittenSpan[] }[];
  }[];
}
type WrittenSpan = Omit<Received, 'parentId' | 'traceState' | 'links' | 'status' | 'attributes'> & {
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly attributes: Pair[];
  readonly links?: { readonly spanId: string }[];
  readonly status: { readonly code?: number; readonly message?: string };
};

const recordOf = (pairs: Pair[]) =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));

function fromJson(bytes: Buffer): Received[] {
  const { resourceSpans } = JSON.parse(bytes.toString()) as Written;
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map(({ traceId, spanId, parentSpanId = '', traceState = '', name, kind, attributes, links = [], status }) => ({
        ...{ traceId, spanId, parentId: parentSpanId, traceState, name, kind },
        ...{ attributes: recordOf(attributes), links: links.map((link) => link.spanId) },
        ...{ status: status.code ?? 0, message: status.message ?? '', resource: recordOf(resource.attributes) },
      })),
  );
}
