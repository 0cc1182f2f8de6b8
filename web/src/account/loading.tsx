// Stands where the answer of the service will stand: a moment, or why it does not come.
import { Button } from '../components/button.js';
import { Outcome } from '../components/outcome.js';
import type { Call } from '../components/use-call.js';
import { t } from '../text.js';

export function Loading({ call }: { readonly call: Call }) {
  if (call.trouble === undefined) return <p class="loading">{t('account.loading')}</p>;
  return (
    <Outcome
      call={call}
      remedy={
        <Button call={call} look="plain">
          {t('account.tryAgain')}
        </Button>
      }
    />
  );
}
