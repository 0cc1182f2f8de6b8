// Who exists? The rows of `users`, and the conditional statements that change them.
import { Injectable } from '@nestjs/common';
import { and, eq, isNull, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { Database, type Queries } from '../database/database.js';
import { users } from '../database/schema.js';

export type User = typeof users.$inferSelect;

/** What anyone who holds the user's tokens may see. */
export interface PublicUser {
  readonly id: string;
  readonly email: string;
  readonly role: 'user' | 'admin';
  readonly emailVerified: boolean;
}

export const toPublicUser = (user: Pick<User, 'id' | 'email' | 'role' | 'emailVerifiedAt'>): PublicUser => ({
  id: user.id,
  email: user.email,
  role: user.role,
  emailVerified: user.emailVerifiedAt !== null,
});

@Injectable()
export class Users {
  constructor(private readonly database: Database) {}

  async findByEmail(email: string): Promise<User | undefined> {
    const [user] = await this.database.select().from(users).where(eq(users.email, email));
    return user;
  }

  async findById(id: string): Promise<User | undefined> {
    const [user] = await this.database.select().from(users).where(eq(users.id, id));
    return user;
  }

  /** @returns undefined when the address is taken. */
  async create(email: string, passwordHash: string): Promise<User | undefined> {
    const row = { id: uuidv7(), email, passwordHash };
    const [user] = await this.database.insert(users).values(row).onConflictDoNothing().returning();
    return user;
  }

  /** Compare and set: a password change in the meantime wins. */
  async replaceHash(id: string, from: string, to: string): Promise<boolean> {
    const replaced = await this.database
      .update(users)
      .set({ passwordHash: to })
      .where(and(eq(users.id, id), eq(users.passwordHash, from), isNull(users.disabledAt)))
      .returning({ id: users.id });
    return replaced.length > 0;
  }

  /** Ends every access token (the version) and every session (the epoch) of the user at once. */
  async bumpBoth(queries: Queries, id: string): Promise<void> {
    await queries
      .update(users)
      .set({ tokenVersion: sql`${users.tokenVersion} + 1`, sessionEpoch: sql`${users.sessionEpoch} + 1` })
      .where(eq(users.id, id));
  }
}
