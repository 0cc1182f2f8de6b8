// Who is signed in, as far as this client knows, and whoever wants to know of changes.
import type { Held, Session, User } from './answers.js';

export interface SessionEvent {
  /** `ended`: signed out here or elsewhere, or ended by the service. */
  readonly type: 'signed-in' | 'refreshed' | 'ended';
  /** The code that ended the session; absent when somebody signed out. */
  readonly code?: string;
}

/** After so many answers in a row that seem old, the service itself is older: its database was restored. */
const MAX_LATE = 3;

export class State {
  /** undefined: not known yet. null: signed out. */
  held: Held | null | undefined;
  /** Grows with every change of the session or its tokens. */
  version = 0;
  private endedId: string | undefined;
  private late = 0;
  private readonly listeners = new Set<(event: SessionEvent) => void>();
  private readonly waiters = new Set<() => void>();

  get user(): User | null {
    return this.held?.user ?? null;
  }

  get session(): Session | null {
    return this.held?.session ?? null;
  }

  /** Whether a newer answer of this session was seen, or the session is known to be over. */
  isOlder({ session: { id, generation = 0 } }: Held): boolean {
    const { session } = this.held ?? {};
    return id === this.endedId || (id === session?.id && generation < (session.generation ?? 0));
  }

  /** An answer that is older came late, and has put an older cookie into the browser. */
  isLate(next: Held): boolean {
    return this.isOlder(next) && ++this.late <= MAX_LATE;
  }

  /** What is known without a token answer. No refresh is waiting for it, but whoever shows the person is. */
  know(user: User, sessionId: string): void {
    const { held } = this;
    if (held?.session.id === sessionId) {
      this.held = { ...held, user };
      return;
    }
    this.held = { user, session: { id: sessionId }, expiresAt: Infinity, refreshAt: Infinity };
    this.tell({ type: 'signed-in' });
  }

  take(next: Held): void {
    const isSame = next.session.id === this.held?.session.id;
    this.late = 0;
    this.held = next;
    this.change({ type: isSame ? 'refreshed' : 'signed-in' });
  }

  /** @returns whether there was a session to end */
  end(code: string | undefined): boolean {
    const { held } = this;
    this.held = null;
    if (!held) return false;
    this.endedId = held.session.id;
    this.change({ type: 'ended', ...(code ? { code } : {}) });
    return true;
  }

  subscribe(listener: (event: SessionEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Resolves with the next change. */
  changed(): Promise<void> {
    return new Promise((done) => this.waiters.add(done));
  }

  private change(event: SessionEvent): void {
    this.version += 1;
    for (const done of this.waiters) done();
    this.waiters.clear();
    this.tell(event);
  }

  private tell(event: SessionEvent): void {
    // Later, so that a listener that throws breaks nothing here.
    for (const listener of this.listeners) void Promise.resolve(event).then(listener);
  }
}
