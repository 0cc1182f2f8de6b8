// The page that a link in a mail opens. It sends the token when the person clicks, and says what came of it.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ActionLink } from '../components/action-link.js';
import { Form, type Values } from '../components/form.js';
import { Notice } from '../components/notice.js';
import { Page } from '../components/page.js';
import { PasswordField } from '../components/password-field.js';
import { type Try, useCall } from '../components/use-call.js';
import { forgetToken, type Purpose, tokenFor } from '../mailed-token.js';
import { isSignedInBy } from '../factors/next-step.js';
import { isRefused, open, own } from '../requests.js';
import { to } from '../router.js';
import { t } from '../text.js';
import { targets } from './mailed-targets.js';

/** `perhaps`: the link is spent, and an answer was lost; it was probably spent by this click. */
type End = 'done' | 'unconfirmed' | 'perhaps' | 'invalid' | 'missing';

export function Mailed({ purpose }: { readonly purpose: Purpose }) {
  const [token] = useState(() => tokenFor(purpose));
  const [end, setEnd] = useState<End | undefined>(token === undefined ? 'missing' : undefined);
  const { asksPassword, isGrave } = targets[purpose];
  const call = useCall(async ({ newPassword }: Values, { mayBeDone }: Try) => {
    const body = { token, ...(asksPassword ? { newPassword } : {}) };
    let outcome: Response | End | undefined;
    const isDone = await isSignedInBy(async () => {
      outcome = await send(() => post(purpose, body), mayBeDone);
    });
    forgetToken();
    if (!isDone) return;
    setEnd(outcome instanceof Response ? 'done' : outcome);
  });
  return (
    <Page title={t(`mailed.${purpose}.title`)} intro={end === undefined && t(`mailed.${purpose}.intro`)}>
      {end === undefined ? (
        <Form call={call} submit={t(`mailed.${purpose}.submit`)} passwordField="newPassword" isGrave={isGrave}>
          {asksPassword && <PasswordField name="newPassword" label={t('new-password')} autocomplete="new-password" />}
        </Form>
      ) : (
        <Ending purpose={purpose} end={end} />
      )}
    </Page>
  );
}

/** What signs in goes by the client: no refresh that is under way may put the old session's cookies over the new ones. */
function post(purpose: Purpose, body: object): Promise<Response> {
  const { route, setsCookies } = targets[purpose];
  return purpose === 'magic' ? own('POST', route, body) : open(route, body, { cookies: setsCookies });
}

/** @throws Refused where the link still works, and the person can try again */
async function send(posted: () => Promise<Response>, mayBeDone: boolean): Promise<Response | End> {
  try {
    return await posted();
  } catch (error) {
    if (isRefused(error) && error.code === 'revocation_unconfirmed') return 'unconfirmed';
    if (isRefused(error) && error.code === 'token_invalid') return mayBeDone ? 'perhaps' : 'invalid';
    throw error;
  }
}

function Ending({ purpose, end }: { readonly purpose: Purpose; readonly end: End }) {
  const notice = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (end !== 'missing') notice.current?.focus();
  }, [end]);
  const worked = end === 'done' || end === 'unconfirmed';
  const next = worked || end === 'perhaps' ? targets[purpose].next : targets[purpose].again;
  return (
    <>
      <Notice ref={notice} tone={worked ? 'success' : end === 'invalid' ? 'error' : 'info'}>
        <p>{worked ? t(`mailed.${purpose}.done`) : t(`mailed.${end}`)}</p>
        {end === 'unconfirmed' && <p>{t('mailed.unconfirmed')}</p>}
      </Notice>
      {next && (
        <div class="actions">
          <ActionLink href={to(next[0])} look={worked ? 'main' : 'plain'}>
            {t(next[1])}
          </ActionLink>
        </div>
      )}
    </>
  );
}
