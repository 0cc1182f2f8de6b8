// The settings of OpenTelemetry: their standard formats, and what is refused.
import { describe, expect, it } from 'vitest';
import { Config, ConfigError } from './config.js';

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    Config.fromEnv(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('tracing', () => {
  it('is off unless an endpoint is named, to which the path is added once', () => {
    expect(Config.fromEnv({ OTEL_SERVICE_NAME: 'x' }).tracesUrl).toBeUndefined();
    const urlOf = (OTEL_EXPORTER_OTLP_ENDPOINT: string) => Config.fromEnv({ OTEL_EXPORTER_OTLP_ENDPOINT }).tracesUrl;
    expect(urlOf('http://c:4318')).toBe('http://c:4318/v1/traces');
    expect(urlOf('http://c:4318/base/')).toBe('http://c:4318/base/v1/traces');
    const both = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://b/x' };
    expect(Config.fromEnv(both).tracesUrl).toBe('http://b/x');
  });

  it('takes headers as name=value pairs with percent-encoded values', () => {
    const given = { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20a%2Cb==, x-tenant = one' };
    expect(Config.fromEnv(given).OTEL_EXPORTER_OTLP_HEADERS).toEqual({
      authorization: 'Bearer a,b==',
      'x-tenant': 'one',
    });
  });

  it.each([
    ['OTEL_EXPORTER_OTLP_HEADERS', 'hunter2'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'x=hunter2%'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'x=hunter2%0d%0ahost:evil'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'x y=hunter2'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4317'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5'],
    ['OTEL_TRACES_SAMPLER_ARG', '1%'],
  ])('refuses %s=%s, without its value', (name, value) => {
    const problems = problemsOf({ [name]: value });
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^${name} `))]);
    expect(problems.join()).not.toContain('hunter2');
  });

  it('sends headers, which may hold a key, over plain http to this machine only, in production', () => {
    const production = {
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://auth.example.com',
      DATABASE_URL: 'postgres://app:pw@localhost/watchword',
      KEY_ENCRYPTION_KEY: 'dGVzdCBrZXkgZW5jcnlwdGlvbiBrZXksIDMyIGJ5dGU=',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=1',
    };
    const problems = (OTEL_EXPORTER_OTLP_ENDPOINT: string) =>
      problemsOf({ ...production, OTEL_EXPORTER_OTLP_ENDPOINT });
    expect(problems('http://collector:4318')).toEqual([
      expect.stringMatching(/^OTEL_EXPORTER_OTLP_HEADERS needs an https/),
    ]);
    for (const fine of ['https://collector:4318', 'http://localhost:4318', 'http://[::1]:4318'])
      expect(problems(fine)).toEqual([]);
  });
});
