import { expect, it } from 'vitest';
import { unknownSettings } from './environment.js';
import { settings } from './settings.js';

it('a name in .env that is not a setting is named with the nearest one', () => {
  expect(unknownSettings([], ['RATE_LIMIT', 'PORT', 'BANANA'])).toEqual([
    'RATE_LIMIT in .env is not a setting; the nearest is RATE_LIMITS.',
    expect.stringMatching(/^BANANA in \.env is not a setting; the nearest is \w+\.$/),
  ]);
});

it('a variable of the environment is named only where it nearly is a setting', () => {
  expect(unknownSettings(['REDIS_URI', 'LOGLEVEL', 'database_url'], [])).toEqual([
    'REDIS_URI is not a setting; did you mean REDIS_URL?',
    'LOGLEVEL is not a setting; did you mean LOG_LEVEL?',
    'database_url is not a setting; did you mean DATABASE_URL?',
  ]);
  expect(unknownSettings(['HOME', 'PATH', 'POST', 'HOSTNAME', 'LOGNAME', 'REDIS_HOST', 'NODE_OPTIONS'], [])).toEqual(
    [],
  );
});

it('what docker compose and the AWS SDK read from the same .env is no mistake, and neither is any setting', () => {
  const others = ['POSTGRES_PASSWORD', 'WATCHWORD_PASSWORD', 'COMPOSE_PROJECT_NAME', 'AWS_REGION'];
  expect(unknownSettings([], [...others, ...Object.keys(settings)])).toEqual([]);
  expect(unknownSettings(Object.keys(settings), [])).toEqual([]);
});
