// Ends several sessions at once: all others, the remembered ones, or every one.
import { auth } from '../auth.js';
import { Button } from '../components/button.js';
import { Outcome } from '../components/outcome.js';
import { useCall } from '../components/use-call.js';
import type { Session } from '../pages/devices.js';
import { own } from '../requests.js';
import { t } from '../text.js';

interface Props {
  readonly sessions: readonly Session[];
  readonly onEnded: (text: string) => void;
}

export function EndMany({ sessions, onEnded }: Props) {
  const remembered = sessions.filter(({ persistent }) => persistent);
  const isRemembered = remembered.some(({ current }) => current);
  const others = useCall(async () => {
    await own('DELETE', '/auth/sessions');
    onEnded(t('devices.endedOthers'));
  });
  const rememberedOnes = useCall(async () => {
    await own('DELETE', '/auth/sessions?persistent=true');
    if (isRemembered) await auth.signOut();
    else onEnded(t('devices.endedRemembered'));
  });
  const everywhere = useCall(() => auth.signOutEverywhere());
  return (
    <section class="card" aria-labelledby="end-many">
      <h2 id="end-many">{t('devices.more')}</h2>
      <ul class="choices">
        <li>
          {sessions.length > 1 ? (
            <Button call={others} look="plain">
              {t('devices.endOthers')}
            </Button>
          ) : (
            <p>{t('devices.alone')}</p>
          )}
          <Outcome call={others} />
        </li>
        {remembered.length > 0 && (
          <li>
            <Button call={rememberedOnes} look="plain">
              {t('devices.endRemembered')}
            </Button>
            {isRemembered && <p class="hint">{t('devices.endRememberedHint')}</p>}
            <Outcome call={rememberedOnes} />
          </li>
        )}
        <li>
          <Button call={everywhere} look="plain" isGrave>
            {t('devices.everywhere')}
          </Button>
          <p class="hint">{t('devices.everywhereHint')}</p>
          <Outcome call={everywhere} />
        </li>
      </ul>
    </section>
  );
}
