// Reads the input of commands: users by address or ID, and flags.
import * as z from 'zod';
import { emailAddress } from '../users/email.js';
import { type User, Users } from '../users/users.js';
import type { Desk } from './command.js';
import { Failure } from './failure.js';

export const who = z.string({ error: 'Missing --user (email or ID).' });
export const flag = z.boolean().default(false);

/** @throws Failure `no_such_user` */
export async function userOf(desk: Desk, named: string): Promise<User> {
  const users = desk.get(Users);
  const email = emailAddress.safeParse(named);
  const isId = z.uuid().safeParse(named).success;
  const user = email.success ? await users.findByEmail(email.data) : isId ? await users.findById(named) : undefined;
  if (!user) throw Failure.of('no_such_user', `No such user: ${named}.`);
  return user;
}
