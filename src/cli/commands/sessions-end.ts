// sessions end: ends sessions in an incident, or after a restore from a backup.
import * as z from 'zod';
import { SessionEnd } from '../../sessions/session-end.js';
import { asDryRun, command, type Desk, type Done } from '../command.js';
import { hintOf } from '../confirmation.js';
import { flag, userOf } from '../input.js';
import { noticeOf } from '../notices.js';
import { countEverybody, countSessions } from '../live-sessions.js';

export const sessionsEnd = command({
  name: 'sessions end',
  usage: '--user WHO | --all',
  about: 'end the sessions of one user, or of everybody',
  options: { '--user <who>': 'whose sessions: an email address or a user ID', '--all': 'the sessions of everybody' },
  hasDryRun: true,
  needs: 'tables',
  input: z
    .object({ user: z.string().optional(), all: flag, dryRun: flag })
    .refine(({ user, all }) => all === (user === undefined), 'Give either --user (email or ID) or --all.'),
  run: (desk, { user, dryRun }) => (user === undefined ? endAll(desk, dryRun) : endOf(desk, user, dryRun)),
});

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
