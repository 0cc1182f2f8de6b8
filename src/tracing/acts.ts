// The acts that have a span, in one list: what is in no line here, in statements.ts, commands.ts, outgoing.ts or requests.ts
// is in no trace.
import type { INestApplicationContext } from '@nestjs/common';
import { SpanKind } from '@opentelemetry/api';
import { AlertDelivery } from '../audit/alert-delivery.js';
import { Logout } from '../auth/logout.js';
import { Passwords } from '../credentials/password/passwords.js';
import { MailTransport } from '../mail/mail-transport.js';
import { Postman } from '../mail/postman.js';
import { isMailKind } from '../mail/mail-kinds.js';
import { VerdictCache } from '../revocation/verdict-cache.js';
import { Refresh } from '../sessions/refresh.js';
import { SignIn } from '../sign-in/sign-in.js';
import { AccessTokens } from '../tokens/access-tokens.js';
import { traceChecks } from './checks.js';
import type { Spans } from './spans.js';
import { wrap } from './wrap.js';

type Act = (...given: never[]) => Promise<unknown>;
type Work = () => Promise<unknown>;

export function traceActs(app: INestApplicationContext, spans: Spans): void {
  const find = <T>(type: abstract new (...given: never[]) => T): T => app.get<T>(type, { strict: false });
  const within = <K extends string>(target: Record<K, Act>, method: K, name: string) =>
    wrapAct(target, method, (work) => spans.around(name, {}, work));
  within(find(SignIn), 'complete', 'sign_in');
  within(find(Refresh), 'spend', 'refresh');
  within(find(Logout), 'ofBrowser', 'logout');
  within(find(Logout), 'byAccessToken', 'logout');
  within(find(Logout), 'byRefreshToken', 'logout');
  within(find(AccessTokens), 'sign', 'token.sign');
  within(find(AccessTokens), 'signForService', 'token.sign');
  within(find(MailTransport), 'send', 'mail.send');
  traceChecks(app, spans);
  traceHashes(find(Passwords), spans);

  // No request waits for these, or need not.
  const producer = { kind: SpanKind.PRODUCER };
  wrapAct(find(VerdictCache), 'drop', (work) => {
    const [around, name] = [spans.recording ? 'around' : 'apart', 'revocation.drop'] as const;
    return spans[around](name, {}, work);
  });
  wrapAct(find(AlertDelivery), 'post', (work) => spans.apart('alert.deliver', producer, work));
  wrap(find(Postman), 'deliver', (deliver) => (mail) => {
    const attributes = { 'watchword.mail.kind': isMailKind(mail.kind) ? mail.kind : 'unknown' };
    return spans.apart('mail.deliver', { ...producer, attributes }, () => deliver(mail));
  });
}

function wrapAct<K extends string>(target: Record<K, Act>, method: K, around: (work: Work) => Promise<unknown>): void {
  wrap(
    target,
    method,
    (act) =>
      (...given) =>
        around(() => act(...given)),
  );
}

/** Waiting for a turn and hashing are two spans: the one is load, the other is the strength of the hash. */
function traceHashes(passwords: Passwords, spans: Spans): void {
  wrap(
    passwords,
    'withPlace',
    (withPlace) => (holder, work) =>
      withPlace(holder, (turn) =>
        work((busy) => {
          if (!spans.recording) return turn(busy);
          const wait = spans.begin('password.wait', {});
          return turn(() => {
            wait.end();
            return spans.around('password.hash', {}, busy);
          });
        }),
      ),
  );
}
