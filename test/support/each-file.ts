// Runs before and after each file of tests, in the process that it shares with others.
import 'reflect-metadata'; // named as a setup file it would run for each, and each lookup would ask all its copies
import { afterAll } from 'vitest';
import { forgetSecrets } from './leaks.js';
import { forgetServices } from './service.js';
import { isExcepted } from './shard-exceptions.js';
import { brokenBy } from './shard-rules.js';
import { takeStatements } from './statements.js';

forgetSecrets();
takeStatements();

afterAll(async () => {
  await forgetServices();
  const broken = takeStatements().flatMap((text) =>
    brokenBy(text)
      .filter((rule) => !isExcepted(text, rule))
      .map((rule) => `${rule}: ${text.replaceAll(/\s+/g, ' ').trim()}`),
  );
  if (broken.length > 0)
    throw new Error(
      `A sharded database cannot run what the service sends (test/support/shard-rules.ts):\n${broken.join('\n')}`,
    );
});
