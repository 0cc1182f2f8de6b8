// The words that columns, claims and requests share: each list stands here once.

/** One of the setting ROLES; `user` and `admin` are always among them. */
export type Role = string;

/** How tokens reach a client; a session keeps its transport for life. */
export const transports = ['cookie', 'bearer'] as const;
export type Transport = (typeof transports)[number];

/** What a ticket between two factors is good for. */
export const ticketPurposes = ['sign_in', 'reauthenticate', 'enrol'] as const;
export type TicketPurpose = (typeof ticketPurposes)[number];

/** Why a browser is at an upstream provider. */
export const upstreamPurposes = ['sign_in', 'link'] as const;
export type UpstreamPurpose = (typeof upstreamPurposes)[number];

/** What a one-time token is good for. */
export const tokenPurposes = ['verify', 'reset', 'email', 'magic', 'invite', 'device', 'freeze', 'enrol'] as const;
export type TokenPurpose = (typeof tokenPurposes)[number];
export const lookupKinds = ['identity', 'foreign_session'] as const;
export type LookupKind = (typeof lookupKinds)[number];
