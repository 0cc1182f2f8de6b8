import { expect, it } from 'vitest';
import { unknownSettings } from './environment.js';
import { settings } from './settings.js';

it('an unknown name in .env is reported with the nearest setting', () => {
  expect(unknownSettings([], ['RATE_LIMIT', 'PORT', 'BANANA'])).toEqual([
    'RATE_LIMIT in .env is not a setting; the nearest is RATE_LIMITS.',
    expect.stringMatching(/^BANANA in \.env is not a setting; the nearest is \w+\.$/),
  ]);
});

it('an unknown environment variable is reported only if it resembles a setting', () => {
  expect(unknownSettings(['REDIS_URI', 'LOGLEVEL', 'database_url'], [])).toEqual([
    'REDIS_URI is not a setting; did you mean REDIS_URL?',
    'LOGLEVEL is not a setting; did you mean LOG_LEVEL?',
    'database_url is not a setting; did you mean DATABASE_URL?',
  ]);
  expect(unknownSettings(['HOME', 'PATH', 'POST', 'HOSTNAME', 'LOGNAME', 'REDIS_HOST', 'NODE_OPTIONS'], [])).toEqual(
    [],
  );
});

it('settings, and variables of docker compose and the AWS SDK in the same .env, are not reported', () => {
  const others = [
    'POSTGRES_PASSWORD',
    'WATCHWORD_PASSWORD',
    'COMPOSE_PROJECT_NAME',
    'AWS_REGION',
    'OTEL_EXPORTER_OTLP_CERTIFICATE',
  ];
  expect(unknownSettings([], [...others, ...Object.keys(settings)])).toEqual([]);
  expect(unknownSettings(Object.keys(settings), [])).toEqual([]);
});
