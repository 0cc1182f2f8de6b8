// The rules for volumes per network, by what is counted and by the width of the network.
import type { Config } from '../config/config.js';
import type { Width } from './network.js';

export type Counted = 'failure' | 'registration' | 'mail' | 'unknown_refresh' | 'service_failure' | 'upstream_start';

export interface Rule {
  readonly counted: Counted;
  readonly width: Width;
  readonly points: number;
  readonly seconds: number;
}

const HOUR = 3_600;
const MINUTE = 60;

export const rulesOf = (config: Config): readonly Rule[] => [
  { counted: 'failure', width: 'address', points: config.FAILURES_PER_ADDRESS, seconds: HOUR },
  { counted: 'failure', width: 'ipv6/56', points: config.FAILURES_PER_56, seconds: HOUR },
  { counted: 'failure', width: 'ipv6/48', points: config.FAILURES_PER_48, seconds: HOUR },
  { counted: 'failure', width: 'ipv4/24', points: config.FAILURES_PER_24, seconds: HOUR },
  { counted: 'registration', width: 'address', points: config.REGISTRATIONS_PER_ADDRESS, seconds: HOUR },
  { counted: 'registration', width: 'ipv6/48', points: config.REGISTRATIONS_PER_48, seconds: HOUR },
  { counted: 'mail', width: 'address', points: config.MAIL_REQUESTS_PER_ADDRESS, seconds: HOUR },
  { counted: 'unknown_refresh', width: 'address', points: config.UNKNOWN_REFRESHES_PER_ADDRESS, seconds: MINUTE },
  { counted: 'upstream_start', width: 'address', points: config.UPSTREAM_STARTS_PER_ADDRESS, seconds: HOUR },
  // Apart from wrong passwords: a service with an old secret must not close the sign-in of its own users.
  { counted: 'service_failure', width: 'address', points: config.FAILURES_PER_ADDRESS, seconds: HOUR },
  { counted: 'service_failure', width: 'ipv6/56', points: config.FAILURES_PER_56, seconds: HOUR },
  { counted: 'service_failure', width: 'ipv6/48', points: config.FAILURES_PER_48, seconds: HOUR },
  { counted: 'service_failure', width: 'ipv4/24', points: config.FAILURES_PER_24, seconds: HOUR },
];
