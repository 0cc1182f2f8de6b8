// The settings of sign-in at other providers. A part of settings.ts.
import { format, Wrong } from './format.js';
import { list } from './formats.js';
import { providerFile } from './provider-file.js';
import type { Setting } from './setting.js';

/** RFC 8252 §7: a claimed https URL, or a scheme of the app's own, which has a dot in it (§7.1). Compared byte for byte. */
const appCallback = format((text) => {
  const isOwnScheme = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:\/\S*$/.test(text);
  const isHttps = /^https:\/\/[^\s\\]+$/.test(text) && URL.canParse(text) && !new URL(text).username;
  return (isOwnScheme || isHttps) && !text.includes('#')
    ? text
    : new Wrong('must be addresses such as com.example.app:/signed-in or https://app.example.com/signed-in');
});

export const upstreamSettings = {
  UPSTREAM_PROVIDERS: {
    schema: providerFile.default([]),
    about: 'JSON file with the OpenID providers that people may sign in at (docs/upstream/README.md).',
  },
  UPSTREAM_APP_CALLBACKS: {
    schema: list(appCallback).default([]),
    about:
      'Addresses of mobile apps that a sign-in at a provider may return to, separated by commas. Each is compared byte for byte.',
  },
} satisfies Record<string, Setting>;
