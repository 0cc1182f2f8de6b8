// The entry of the package: a client that keeps people signed in.
export type { Credentials, Factor, PasskeyCredentials, PasswordCredentials } from './acts.js';
export type { Session, User } from './answers.js';
export { type Client, createClient } from './client.js';
export type { Locks } from './locks.js';
export type { BearerOptions, ClientOptions, CookieOptions } from './settings.js';
export type { SessionEvent } from './state.js';
export { memoryStorage, type Stored, type TokenStorage } from './storage.js';
export { Refused, Undecided } from './verdicts.js';
