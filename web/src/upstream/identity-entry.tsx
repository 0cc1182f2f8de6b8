// One identity at a provider in the list: whose it is, since when, and how to disconnect it.
import { useState } from 'preact/hooks';
import { Question } from '../account/question.js';
import { Button } from '../components/button.js';
import { Icon } from '../components/icon.js';
import { useProven } from '../factors/use-proven.js';
import { own } from '../requests.js';
import { moment, t } from '../text.js';
import type { Identity } from './identities.js';

interface Props {
  readonly identity: Identity;
  readonly onChanged: (text: string) => void;
}

export function IdentityEntry({ identity, onChanged }: Props) {
  const { id, label, email, linkedAt, lastUsedAt } = identity;
  const [isAsked, setAsked] = useState(false);
  const { call, proof } = useProven(async () => {
    await own('DELETE', `/auth/identities/${id}`);
    onChanged(t('connections.removed', { provider: label }));
  });
  return (
    <li>
      <Icon name="link" />
      <div class="entry">
        <p class="what">
          <strong>{label}</strong> {email !== null && <span class="address">{email}</span>}
        </p>
        <p class="hint">
          {t('connections.since', { time: moment(linkedAt) })}
          {' · '}
          {lastUsedAt === null ? t('connections.unused') : t('connections.used', { time: moment(lastUsedAt) })}
        </p>
        {proof}
        {isAsked && (
          <div hidden={Boolean(proof)}>
            <Question
              call={call}
              text={t('connections.removeWhy', { provider: label })}
              submit={t('connections.removeNow')}
              says={{ last_factor: 'connections.last' }}
              onCancel={() => setAsked(false)}
            />
          </div>
        )}
      </div>
      {!isAsked && (
        <Button look="plain" label={t('connections.removeOf', { provider: label })} onClick={() => setAsked(true)}>
          {t('connections.remove')}
        </Button>
      )}
    </li>
  );
}
