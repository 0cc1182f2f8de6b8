// What can an operator do from the command line? Each command answers with a value and a sentence that says what happened.
import type { INestApplicationContext } from '@nestjs/common';
import * as z from 'zod';
import { roles } from '../database/vocabularies.js';
import type { Caller } from '../http/caller.js';
import { Redis } from '../redis/redis.js';
import { SessionEnd } from '../sessions/session-end.js';
import { AccountStatus } from '../accounts/account-status.js';
import { emailAddress } from '../users/email.js';
import { type User, Users } from '../users/users.js';

export interface Options {
  readonly user?: string | undefined;
  readonly role?: string | undefined;
  readonly all?: boolean | undefined;
  readonly force?: boolean | undefined;
  readonly kid?: string | undefined;
  readonly 'dry-run'?: boolean | undefined;
  /** What follows the command's two words, such as a file or a kid. */
  readonly rest?: readonly string[];
}

interface Done {
  readonly sentence: string;
  readonly result: object;
}

export type Command = (app: INestApplicationContext, options: Options, caller: Caller) => Promise<Done>;

const OPERATOR = 'operator';

/** The command line may not know the service's Redis; the row it leaves is worked off by an instance that does. */
const hint = (app: INestApplicationContext) =>
  app.get(Redis).isConfigured
    ? ''
    : ' (Where the service uses Redis and this command was not given its REDIS_URL: within two seconds.)';

/** `migrate` is not among them: it needs no schema yet (main.ts). */
export const commands: Readonly<Record<string, Command>> = {
  'sessions end': async (app, options, caller) => {
    const sessionEnd = app.get(SessionEnd);
    if (options.all === (options.user !== undefined)) throw new Error('Say either --user or --all.');
    if (options.all) {
      const result = await sessionEnd.allOfEverybody(OPERATOR, caller);
      const doubt = result.confirmation.isConfirmed
        ? ''
        : ' Redis has not confirmed: within a minute no instance accepts an old token.';
      return {
        result: { users: result.users, sessions: result.sessions, confirmed: result.confirmation.isConfirmed },
        sentence: `Ended ${result.sessions} session(s) of ${result.users} user(s).${doubt}${hint(app)}`,
      };
    }
    const { id } = await userOf(app, options);
    const { sessions } = await sessionEnd.allOf(id, 'operator', caller);
    return { result: { user: id, sessions }, sentence: `Ended ${sessions} session(s) of ${id}.${hint(app)}` };
  },
  'users disable': async (app, options, caller) => {
    const { id } = await userOf(app, options);
    const { hasChanged: changed } = await app.get(AccountStatus).disable(id, OPERATOR, caller);
    const sentence = changed
      ? `${id} is disabled; every session has ended.${hint(app)}`
      : `${id} was disabled already.`;
    return { result: { user: id, changed }, sentence };
  },
  'users enable': async (app, options, caller) => {
    const { id } = await userOf(app, options);
    const changed = await app.get(AccountStatus).enable(id, OPERATOR, caller);
    return {
      result: { user: id, changed },
      sentence: changed ? `${id} may sign in again.` : `${id} was not disabled.`,
    };
  },
  'users role': async (app, options, caller) => {
    const role = z.enum(roles).safeParse(options.role);
    if (!role.success) throw new Error('Say --role user or --role admin.');
    const { id } = await userOf(app, options);
    const { hasChanged: changed } = await app.get(AccountStatus).changeRole(id, role.data, OPERATOR, caller);
    const sentence = changed
      ? `${id} is ${role.data} now; access tokens with the old role are dead, sessions live on.${hint(app)}`
      : `${id} was ${role.data} already.`;
    return { result: { user: id, changed }, sentence };
  },
};

/** By address or by id. */
async function userOf(app: INestApplicationContext, { user: named }: Options): Promise<User> {
  if (named === undefined) throw new Error('Say whom: --user with an address or an id.');
  const email = emailAddress.safeParse(named);
  const users = app.get(Users);
  const isId = z.uuid().safeParse(named).success;
  const user = email.success ? await users.findByEmail(email.data) : isId ? await users.findById(named) : undefined;
  if (!user) throw new Error('There is no such user.');
  return user;
}
