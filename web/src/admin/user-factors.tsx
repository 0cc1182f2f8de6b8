// The second factors of a user, and their removal for somebody who has lost them.
import type { Values } from '../components/form.js';
import { Icon } from '../components/icon.js';
import { own } from '../requests.js';
import { isTextKey, moment, t } from '../text.js';
import { Act } from './act.js';
import type { ShownUser } from './answers.js';
import type { UserState } from './user-acts.js';
import { searchOf } from './user-sessions.js';

interface Props {
  readonly state: UserState;
  readonly user: ShownUser;
}

export function UserFactors({ state: { path, tell }, user: { email, factors, recoveryCodesLeft } }: Props) {
  const reset = async (values: Values) => {
    await own('DELETE', `${path}/factors${searchOf(values)}`);
    tell(t('admin.user.factorsDone'));
  };
  return (
    <section class="card" aria-labelledby="user-factors">
      <h2 id="user-factors">{t('factors.title')}</h2>
      {factors.length === 0 && <p>{t('admin.user.noFactors')}</p>}
      <ul class="entries" aria-labelledby="user-factors">
        {factors.map(({ kind, name, createdAt }) => (
          <li key={`${kind} ${createdAt}`}>
            <Icon name={kind === 'passkey' ? 'key' : 'device'} />
            <div class="entry">
              <p class="what">
                <strong>{name ?? kindOf(kind)}</strong> {name !== null && <span class="badge">{kindOf(kind)}</span>}
              </p>
              <p class="hint">{t('factors.made', { time: moment(createdAt) })}</p>
            </div>
          </li>
        ))}
      </ul>
      {factors.length > 0 && <p>{t('codes.left', { count: recoveryCodesLeft })}</p>}
      {factors.length > 0 && (
        <Act
          does={t('admin.user.factors')}
          asks={t('admin.user.factorsAsks', { email })}
          submit={t('admin.user.factorsNow')}
          act={reset}
          says={{ revocation_unconfirmed: 'admin.user.unconfirmed' }}
          isGrave
        />
      )}
    </section>
  );
}

function kindOf(kind: string): string {
  const key = `factors.kind.${kind}`;
  return isTextKey(key) ? t(key) : kind;
}
