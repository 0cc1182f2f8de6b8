// Who is signed in, as far as this client knows, and whoever wants to know of changes.
import type { Held, User } from './answers.js';

export interface SessionEvent {
  /** `ended`: signed out here or elsewhere, or ended by the service. */
  readonly type: 'signed-in' | 'refreshed' | 'ended';
  /** The code that ended the session; absent when somebody signed out. */
  readonly code?: string | undefined;
}

/** undefined: not known yet. null: signed out. */
export type MaybeHeld = Held | null | undefined;

/** After so many answers in a row that seem old, the service itself is older: its database was restored. */
const MAX_LATE = 3;

export type State = ReturnType<typeof newState>;

export function newState() {
  let late = 0;
  let endedId: string | undefined;
  const listeners = new Set<(event: SessionEvent) => void>();

  function tell(event: SessionEvent): void {
    // Later, so that a listener that throws breaks nothing here.
    for (const listener of listeners) void Promise.resolve(event).then(listener);
  }

  function change(held: Held | null, event: SessionEvent): void {
    late = 0;
    state.held = held;
    state.version++;
    tell(event);
  }

  const state = {
    held: undefined as MaybeHeld,
    /** Grows with every change of the session or its tokens. */
    version: 0,

    id: () => state.held?.session.id,

    /** Whether a newer answer of this session was seen, or the session is known to be over. */
    isOlder: ({ session: { id, generation } }: Held): boolean =>
      id === endedId || (id === state.id() && generation! < state.held!.session.generation!),

    /** An answer that is older came late, and has put an older cookie into the browser. */
    isLate: (next: Held): boolean => state.isOlder(next) && ++late <= MAX_LATE,

    take(next: Held): void {
      change(next, { type: next.session.id === state.id() ? 'refreshed' : 'signed-in' });
    },

    /** What is known without a token answer. No refresh is waiting for it, but whoever shows the person is. */
    know(user: User, id: string): void {
      const known = state.id() === id ? state.held : undefined;
      state.held = { session: { id }, refreshAt: Infinity, ...known, user };
      if (!known) tell({ type: 'signed-in' });
    },

    /** @returns the id of the session, where there was one to end */
    end(code: string | undefined): string | undefined {
      const id = state.id();
      state.held = null;
      if (id) {
        endedId = id;
        change(null, { type: 'ended', code });
      }
      return id;
    },

    /** @returns a function that ends the subscription */
    subscribe: (listener: (event: SessionEvent) => void): (() => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    /** Resolves with the next change. */
    changed(): Promise<void> {
      const { version } = state;
      return new Promise((resolve) => {
        const done = state.subscribe(() => {
          if (version === state.version) return;
          done();
          resolve();
        });
      });
    },
  };
  return state;
}
