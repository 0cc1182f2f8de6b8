// Finds settings that contradict each other, in every environment.
import { accessCookieTooLong } from './cookie-size.js';
import { contradictionsOfPasskeys } from './passkey-settings.js';
import type { Settings } from './settings.js';

export function contradictions(values: Partial<Settings>): string[] {
  const found: string[] = [];
  const { REFRESH_IDLE_DAYS: idle, REFRESH_REMEMBER_DAYS: remember, REFRESH_ABSOLUTE_DAYS: absolute } = values;
  if (idle && remember && remember < idle) found.push('REFRESH_REMEMBER_DAYS must not be less than REFRESH_IDLE_DAYS');
  if (remember && absolute && absolute < remember) {
    found.push('REFRESH_ABSOLUTE_DAYS must not be less than REFRESH_REMEMBER_DAYS');
  }
  const ways = [values.REDIS_URL, values.REDIS_SENTINELS, values.REDIS_CLUSTER_NODES];
  if (ways.filter((way) => way !== undefined).length > 1) {
    found.push('REDIS_URL, REDIS_SENTINELS and REDIS_CLUSTER_NODES exclude each other: set one');
  }
  if (values.ALERT_WEBHOOK_URL && !values.ALERT_WEBHOOK_SECRET) {
    found.push('ALERT_WEBHOOK_URL needs ALERT_WEBHOOK_SECRET: the receiver cannot trust an unsigned alert');
  }
  found.push(...contradictionsOfKeys(values), ...contradictionsOfMail(values), ...accessCookieTooLong(values));
  found.push(...contradictionsOfPasskeys(values), ...unknownRoles(values));
  const { COOKIE_DOMAIN: domain, PUBLIC_URL: url } = values;
  if (domain && url) {
    const host = new URL(url).hostname;
    if (host !== domain && !host.endsWith(`.${domain}`)) {
      found.push('COOKIE_DOMAIN must be the host of PUBLIC_URL or a parent of it');
    }
  }
  return found;
}

/** A role with a typing error would silently need no second factor, or be nobody's. */
function unknownRoles({ ROLES: roles, MFA_REQUIRED_ROLES: strong, UPSTREAM_PROVIDERS: providers }: Partial<Settings>) {
  const isUnknown = (role: string) => roles?.includes(role) === false;
  const unknown = strong?.filter(isUnknown) ?? [];
  const mapped = providers?.flatMap(({ id, roles: given }) =>
    Object.values(given?.map ?? {})
      .filter(isUnknown)
      .map((role) => `UPSTREAM_PROVIDERS, provider ${id}: ROLES has no ${role}`),
  );
  return [
    ...unknown.map((role) => `MFA_REQUIRED_ROLES must be names of ROLES or none: ROLES has no ${role}`),
    ...(mapped ?? []),
  ];
}

function contradictionsOfMail(values: Partial<Settings>): string[] {
  const found: string[] = [];
  if (values.SMTP_URL && !values.MAIL_FROM)
    found.push('SMTP_URL needs MAIL_FROM: servers refuse mail without a sender');
  if (values.ACCOUNT_PAGES === 'off' && values.SMTP_URL && !values.LINK_BASE_URL)
    found.push('ACCOUNT_PAGES=off needs LINK_BASE_URL with SMTP_URL: the links in mails would lead nowhere');
  const { LINK_BASE_URL: base, PUBLIC_URL: url = `http://localhost:${values.PORT}`, ALLOWED_ORIGINS: allowed } = values;
  if (base && ![url, ...(allowed ?? [])].includes(new URL(base).origin)) {
    found.push('LINK_BASE_URL must be of the origin of PUBLIC_URL or one of ALLOWED_ORIGINS: tokens are sent there');
  }
  return found;
}

/** Sources of the key-encryption key. At most one may be set. */
export const keySources = [
  'KEY_ENCRYPTION_KEY',
  'KEY_ENCRYPTION_KEY_FILE',
  'KEY_ENCRYPTION_KEY_AWS_SECRET',
  'KEY_ENCRYPTION_KEY_VAULT_URL',
] as const satisfies (keyof Settings)[];

function contradictionsOfKeys(values: Partial<Settings>): string[] {
  const found: string[] = [];
  const sources = keySources.filter((name) => values[name] !== undefined);
  if (sources.length > 1) found.push(`${sources.join(' and ')} are set together: set one`);
  if (values.KEY_ENCRYPTION_KEY_PREVIOUS && values.KEY_ENCRYPTION_KEY_PREVIOUS_FILE) {
    found.push('KEY_ENCRYPTION_KEY_PREVIOUS and KEY_ENCRYPTION_KEY_PREVIOUS_FILE are both set: set one');
  }
  if (values.KEY_ENCRYPTION_KEY_VAULT_URL && !values.VAULT_TOKEN === !values.VAULT_TOKEN_FILE) {
    found.push('KEY_ENCRYPTION_KEY_VAULT_URL needs VAULT_TOKEN or VAULT_TOKEN_FILE: set one');
  }
  const { KEY_ROTATION_DAYS: days, KEY_PUBLISH_AHEAD_SECONDS: ahead } = values;
  if (days && ahead && ahead > days * 86_400) {
    found.push('KEY_PUBLISH_AHEAD_SECONDS must not be longer than KEY_ROTATION_DAYS');
  }
  return found;
}
