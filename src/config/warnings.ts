// Warnings about allowed but risky settings, logged at every start.
import type { Settings } from './settings.js';

const risks: Readonly<Record<Settings['INSECURE_BACKENDS'][number], string>> = {
  postgres: 'PostgreSQL may be reached without TLS or a password',
  redis: 'Redis may be reached without TLS or a password',
  metrics: 'the metrics may be open to every network',
  smtp: 'mail may reach its server without TLS',
};

export function warningsOf(values: Settings): string[] {
  const warnings = values.INSECURE_BACKENDS.map((name) => {
    return `INSECURE_BACKENDS=${name}: ${risks[name]}. Only a private network protects them.`;
  });
  const isOptional = values.ROLES.some((role) => !values.MFA_REQUIRED_ROLES.includes(role));
  if (values.NODE_ENV === 'production' && values.PASSWORD_MIN_LENGTH < 15 && isOptional) {
    warnings.push(
      `PASSWORD_MIN_LENGTH=${values.PASSWORD_MIN_LENGTH} is under 15, which is safe only with a second factor: ` +
        `set MFA_REQUIRED_ROLES=${values.ROLES.join(',')} (NIST SP 800-63B-4 §3.1.1.2).`,
    );
  }
  if (values.NODE_ENV === 'production' && !values.SMTP_URL) {
    warnings.push('SMTP_URL is not set: no mail leaves, and nobody can reset a forgotten password.');
  }
  return warnings;
}
