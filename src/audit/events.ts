// What can happen that somebody may have to look up later? Names follow the OWASP logging vocabulary where it has one.

interface OfUser {
  readonly userId: string;
}
interface OfSession extends OfUser {
  readonly sessionId: string;
}

/** How grave a reuse is; see sessions/refresh.ts. */
export type ReuseClass = 'lost_response' | 'copied_client' | 'likely_theft';

export type AuditEvent =
  | ({ readonly type: 'user.registered' } & OfUser)
  | ({ readonly type: 'login.succeeded'; readonly transport: string; readonly persistent: boolean } & OfSession)
  | { readonly type: 'login.failed'; readonly userId: string | null; readonly reason: string }
  | ({ readonly type: 'refresh.rotated'; readonly generation: number } & OfSession)
  | ({ readonly type: 'refresh.replayed'; readonly generation: number; readonly sameOrigin: boolean } & OfSession)
  | ({ readonly type: 'refresh.refused'; readonly code: string } & OfSession)
  | ({
      readonly type: 'refresh.reused';
      readonly gravity: ReuseClass;
      readonly generationsBehind: number;
      readonly addressChanged: boolean;
      readonly userAgentChanged: boolean;
    } & OfSession)
  | ({ readonly type: 'session.ended'; readonly reason: string } & OfSession)
  | ({ readonly type: 'logout_all' } & OfUser)
  | { readonly type: 'key.published' | 'key.activated'; readonly kid: string };
