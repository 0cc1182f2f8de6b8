// Refuses a role that this installation does not have.
import type { Config } from '../config/config.js';
import { Refusal } from '../errors.js';

/** @throws Refusal `invalid_request` */
export function assertRole({ ROLES: roles }: Config, role: string): void {
  const errors = [{ path: 'role', message: 'must be one of the roles of this installation' }];
  if (!roles.includes(role)) throw new Refusal('invalid_request', { errors });
}
