// sessions end: ends sessions in an incident, or after a restore from a backup.
import * as z from 'zod';
import { Config } from '../../config/config.js';
import { FactorlessSessions } from '../../sessions/factorless-sessions.js';
import { SessionEnd } from '../../sessions/session-end.js';
import { asDryRun, command, type Desk, type Done } from '../command.js';
import { hintOf } from '../confirmation.js';
import { flag, userOf } from '../input.js';
import { noticeOf } from '../notices.js';
import { countEverybody, countSessions } from '../live-sessions.js';

export const sessionsEnd = command({
  name: 'sessions end',
  usage: '--user WHO | --all | --without-factor',
  about: 'end the sessions of one user, of everybody, or of those who need a second factor and used none',
  options: {
    '--user <who>': 'whose sessions: an email address or a user ID',
    '--all': 'the sessions of everybody',
    '--without-factor': 'sessions that began without a second factor, of the roles in MFA_REQUIRED_ROLES',
  },
  hasDryRun: true,
  needs: 'tables',
  input: z
    .object({ user: z.string().optional(), all: flag, withoutFactor: flag, dryRun: flag })
    .refine(
      ({ user, all, withoutFactor }) => [user !== undefined, all, withoutFactor].filter(Boolean).length === 1,
      'Give either --user (email or ID), --all or --without-factor.',
    ),
  run(desk, { user, withoutFactor, dryRun }) {
    if (user !== undefined) return endOf(desk, user, dryRun);
    return withoutFactor ? endFactorless(desk, dryRun) : endAll(desk, dryRun);
  },
});

async function endFactorless(desk: Desk, dryRun: boolean): Promise<Done> {
  const roles = desk.get(Config).MFA_REQUIRED_ROLES;
  const sessions = desk.get(FactorlessSessions);
  if (dryRun) {
    const found = await sessions.count();
    const sentence = asDryRun(`${found.sessions} session(s) of ${found.users} user(s) would end.`);
    return { sentence, result: { dryRun, roles, ...found } };
  }
  const { confirmation, ...ended } = await sessions.end('operator', desk.caller);
  const sentence = `Ended ${ended.sessions} session(s) of ${ended.users} user(s).${hintOf(desk, confirmation)}`;
  return { sentence, result: { dryRun, roles, ...ended }, confirmation };
}

async function endAll(desk: Desk, dryRun: boolean): Promise<Done> {
  if (dryRun) {
    const { users, sessions } = await countEverybody(desk);
    const sentence = asDryRun(`${sessions} session(s) of ${users} user(s) would end.`);
    return { sentence, result: { dryRun, users, sessions } };
  }
  const { confirmation, ...ended } = await desk.get(SessionEnd).allOfEverybody('operator', desk.caller);
  const sentence = `Ended ${ended.sessions} session(s) of ${ended.users} user(s).${hintOf(desk, confirmation)}`;
  return { sentence, result: { dryRun, ...ended }, confirmation };
}

async function endOf(desk: Desk, named: string, dryRun: boolean): Promise<Done> {
  const user = await userOf(desk, named);
  const { id } = user;
  if (dryRun) {
    const sessions = await countSessions(desk, id);
    const sentence = asDryRun(`${sessions} session(s) of ${id} would end.`);
    return { sentence, result: { dryRun, user: id, sessions } };
  }
  const notice = await noticeOf(desk, 'sessions_ended', user);
  const { sessions, confirmation } = await desk.get(SessionEnd).allOf(id, 'operator', desk.caller, notice);
  const sentence = `Ended ${sessions} session(s) of ${id}.${hintOf(desk, confirmation)}`;
  return { sentence, result: { dryRun, user: id, sessions }, confirmation };
}
