// The settings of tracing, by the standard names of OpenTelemetry. A part of settings.ts.
import * as z from 'zod';
import { httpUrl } from './formats.js';
import { format, Wrong } from './format.js';
import { fileOf } from './secret-files.js';
import type { Setting } from './setting.js';

const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;

/** `name=value` pairs, their values percent-encoded (the specification's format of these variables). */
const pairs = (isName: (name: string) => boolean) =>
  format((text) => {
    const read: Record<string, string> = {};
    for (const part of text.split(',').filter((each) => each.trim() !== '')) {
      const [name = '', ...rest] = part.split('=').map((each) => each.trim());
      const value = decoded(rest.join('='));
      if (!isName(name) || rest.length === 0 || value === undefined || /[^\x20-\x7e]/.test(value))
        return new Wrong('must be name=value pairs, separated by commas, with percent-encoded values');
      read[name] = value;
    }
    return read;
  });

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

const ratio = format((text) =>
  /^(?:0|1|[01]?\.\d{1,12})$/.test(text) && Number(text) <= 1
    ? Number(text)
    : new Wrong('must be a number from 0 to 1, such as 0.01'),
);

const samplers = ['always_on', 'always_off', 'traceidratio'] as const;

export const tracingSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    schema: httpUrl.optional(),
    standard: 'off',
    about:
      'Turns tracing on: the base URL of an OpenTelemetry collector (OTLP over HTTP), such as http://localhost:4318. `/v1/traces` is added.',
  },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: {
    schema: httpUrl.optional(),
    standard: 'OTEL_EXPORTER_OTLP_ENDPOINT + /v1/traces',
    about: 'The same as the whole URL, to which nothing is added.',
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    schema: pairs((name) => TOKEN.test(name)).optional(),
    secret: true,
    about: 'Headers of the exports, such as `authorization=Bearer%20…`. Over plain http production refuses them.',
  },
  OTEL_EXPORTER_OTLP_HEADERS_FILE: fileOf('OTEL_EXPORTER_OTLP_HEADERS'),
  OTEL_EXPORTER_OTLP_PROTOCOL: {
    schema: z.enum(['http/protobuf', 'http/json']).default('http/protobuf'),
    standard: 'http/protobuf',
    about: '`http/protobuf` or `http/json`; there is no gRPC.',
  },
  OTEL_SERVICE_NAME: {
    schema: z.string().max(100, 'must have at most 100 characters').default('watchword'),
    standard: 'watchword',
    about: 'The `service.name` of the spans.',
  },
  OTEL_RESOURCE_ATTRIBUTES: {
    schema: pairs((name) => /^[\w.-]{1,100}$/.test(name)).default({}),
    about: 'Further attributes of the process, such as `deployment.environment.name=staging,k8s.pod.name=…`.',
  },
  OTEL_TRACES_SAMPLER: {
    schema: z.enum([...samplers, ...samplers.map((name) => `parentbased_${name}` as const)]).default('always_on'),
    standard: 'always_on',
    about:
      'Which requests are recorded. A `parentbased_` sampler lets the caller decide by the flag of its `traceparent`: choose one only behind a gateway that writes that header itself.',
  },
  OTEL_TRACES_SAMPLER_ARG: {
    schema: ratio.default(1),
    standard: '1',
    about: 'The share of requests that `traceidratio` records, from 0 to 1.',
  },
} satisfies Record<string, Setting>;

interface Endpoints {
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  readonly OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?: string | undefined;
}

/** @returns where spans are sent, undefined while tracing is off */
export function tracesUrlOf(values: Endpoints): string | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: whole } = values;
  return whole ?? (base === undefined ? undefined : `${base.replace(/\/$/, '')}/v1/traces`);
}
