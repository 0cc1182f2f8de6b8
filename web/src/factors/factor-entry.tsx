// One factor in the list: what it is called, when it was made and used, and how to rename and remove it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Question } from '../account/question.js';
import { Button } from '../components/button.js';
import { Field } from '../components/field.js';
import { Form, type Values } from '../components/form.js';
import { Icon } from '../components/icon.js';
import { own } from '../requests.js';
import { moment, t } from '../text.js';
import type { ListedFactor } from './listed.js';
import { useProven } from './use-proven.js';

interface Props {
  readonly factor: ListedFactor;
  /** Made just now: it is offered a name. */
  readonly isNew: boolean;
  readonly onChanged: (text: string) => void;
}

export function FactorEntry({ factor, isNew, onChanged }: Props) {
  const { id, kind, createdAt, lastUsedAt, backedUp } = factor;
  const [mode, setMode] = useState<'shown' | 'renaming' | 'removing'>(isNew ? 'renaming' : 'shown');
  const name = factor.name ?? t(`factors.kind.${kind}`);
  const renaming = useProven(async ({ name: typed = '' }: Values) => {
    await own('PATCH', `/auth/factors/${id}`, { name: typed.trim() });
    setMode('shown');
    onChanged(t('factors.renamed', { name: typed.trim() }));
  });
  const removing = useProven(async () => {
    await own('DELETE', `/auth/factors/${id}`);
    onChanged(t('factors.removed', { name }));
  });
  const proof = renaming.proof || removing.proof;
  return (
    <li>
      <Icon name={kind === 'passkey' ? 'key' : 'device'} />
      <div class="entry">
        <p class="what">
          <strong>{name}</strong> {factor.name !== null && <span class="badge">{t(`factors.kind.${kind}`)}</span>}{' '}
          {kind === 'passkey' && (
            <span class="badge">{t(backedUp === true ? 'factors.synced' : 'factors.notSynced')}</span>
          )}
        </p>
        <p class="hint">
          {t('factors.made', { time: moment(createdAt) })}
          {kind === 'passkey' && (
            <>
              {' · '}
              {typeof lastUsedAt === 'string' ? t('factors.used', { time: moment(lastUsedAt) }) : t('factors.unused')}
            </>
          )}
        </p>
        {proof}
        <div hidden={Boolean(proof)}>
          {mode === 'renaming' && <Naming call={renaming.call} name={name} onCancel={() => setMode('shown')} />}
          {mode === 'removing' && (
            <Question
              call={removing.call}
              text={t('factors.removeWhy', { name })}
              submit={t('factors.removeNow')}
              onCancel={() => setMode('shown')}
            />
          )}
        </div>
      </div>
      {mode === 'shown' && (
        <div class="actions">
          <Button look="plain" label={t('factors.renameOf', { name })} onClick={() => setMode('renaming')}>
            {t('factors.rename')}
          </Button>
          <Button look="plain" label={t('factors.removeOf', { name })} onClick={() => setMode('removing')}>
            {t('factors.remove')}
          </Button>
        </div>
      )}
    </li>
  );
}

interface NamingProps {
  readonly call: Parameters<typeof Form>[0]['call'];
  readonly name: string;
  readonly onCancel: () => void;
}

function Naming({ call, name, onCancel }: NamingProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.querySelector('input')?.select(), []);
  return (
    <div ref={place}>
      <Form
        call={call}
        submit={t('factors.save')}
        aside={
          <Button look="plain" onClick={onCancel}>
            {t('cancel')}
          </Button>
        }
      >
        <Field name="name" label={t('factors.name')} autocomplete="off" value={name} />
      </Form>
    </div>
  );
}
