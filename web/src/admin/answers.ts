// What the routes for administrators answer, as far as the pages read it.

export interface ListedUser {
  readonly id: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly role: string;
  readonly status: 'active' | 'disabled' | 'pending';
  readonly createdAt: string;
  readonly disabledAt: string | null;
}

export interface ShownUser extends ListedUser {
  readonly sessions: number;
  readonly hasPassword: boolean;
  readonly factors: readonly { kind: string; name: string | null; createdAt: string }[];
  readonly recoveryCodesLeft: number;
  readonly identities: readonly {
    readonly id: string;
    readonly label: string;
    readonly email: string | null;
    readonly linkedAt: string;
    readonly lastUsedAt: string | null;
  }[];
}

export interface UserSession {
  readonly id: string;
  readonly createdAt: string;
  readonly lastSeenAt: string;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly persistent: boolean;
  readonly transport: 'cookie' | 'bearer';
}

export interface AdminEvent {
  readonly id: string;
  readonly at: string;
  readonly type: string;
  readonly outcome: 'success' | 'failure';
  readonly userId: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}
