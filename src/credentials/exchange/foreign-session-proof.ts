// Proves an identity by a session of the system that a person comes from: a first factor that is good once.
import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.js';
import { Config } from '../../config/config.js';
import { Refusal } from '../../errors.js';
import type { Caller } from '../../http/caller.js';
import { VolumeLimit } from '../../limits/volume-limit.js';
import {
  FIRST_EPOCH,
  ForeignSessions,
  hashOfForeignToken,
  type SpentForeignSession,
} from '../../sessions/foreign-sessions.js';
import type { Proof } from '../../sign-in/session-opening.js';
import { Users } from '../../users/users.js';

/** Where nobody knows when: long ago, so that nothing asks for less than a new proof. */
const LONG_AGO = new Date(0);

@Injectable()
export class ForeignSessionProof {
  constructor(
    private readonly foreignSessions: ForeignSessions,
    private readonly users: Users,
    private readonly volume: VolumeLimit,
    private readonly audit: Audit,
    private readonly config: Config,
  ) {}

  /**
   * Uses the session up. A token that names none counts for the caller's networks, which must have room for it before.
   * @returns repeats the proof, without the token: it counts as long as the user is as they were
   * @throws Refusal `foreign_session_invalid`, `too_many_attempts`
   */
  async by(token: string, caller: Caller): Promise<() => Promise<Proof>> {
    const held = await this.volume.hold('failure', caller.ip);
    try {
      const spent = await this.foreignSessions.spend(hashOfForeignToken(token));
      if (spent) return () => this.prove(spent, caller);
      await held.count();
      throw new Refusal('foreign_session_invalid');
    } finally {
      held.release();
    }
  }

  /** Whatever ended the sessions of the user since the import has ended this one. */
  private async prove({ userId, authenticatedAt }: SpentForeignSession, caller: Caller): Promise<Proof> {
    const user = await this.users.findById(userId);
    const isAlive = user?.disabledAt === null && user.sessionEpoch === FIRST_EPOCH;
    if (isAlive) {
      const provider = this.config.MIGRATION_ISSUER;
      return { user, methods: [], authenticatedAt: authenticatedAt ?? LONG_AGO, provider };
    }
    const reason = user?.disabledAt ? 'disabled' : 'session_ended';
    if (user) await this.audit.recordAlone({ type: 'login.failed', userId, reason }, caller);
    throw new Refusal('foreign_session_invalid');
  }
}
