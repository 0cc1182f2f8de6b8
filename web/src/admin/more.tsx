// Below a long list: how much of it is shown, and more of it.
import { Button } from '../components/button.js';
import type { Call } from '../components/use-call.js';
import { t } from '../text.js';

interface Props {
  readonly call: Call<never>;
  readonly count: number;
  readonly hasMore: boolean;
  /** What the list holds. */
  readonly member: 'users' | 'events';
}

export function More({ call, count, hasMore, member }: Props) {
  return (
    <>
      <p role="status" class="hint">
        {count > 0
          ? t(hasMore ? 'admin.some' : 'admin.all', { count })
          : t(hasMore ? 'admin.noneYet' : `admin.${member}.none`)}
      </p>
      {hasMore && (
        <div class="actions">
          <Button call={call} look="plain">
            {t('admin.more')}
          </Button>
        </div>
      )}
    </>
  );
}
