// Says what came of a request. The notice takes the focus, so that a screen reader reads it and Tab goes on from there.
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { duration, t } from '../text.js';
import { Notice } from './notice.js';
import { sentenceOf, type Says } from './sentences.js';
import type { Call, Trouble } from './use-call.js';
import { useWait } from './use-wait.js';

interface Props {
  readonly call: Pick<Call<never>, 'trouble'>;
  readonly says?: Says;
  /** What can be done about this code, such as a button. */
  readonly remedy?: ComponentChildren;
}

export function Outcome({ call: { trouble }, says = {}, remedy }: Props) {
  const wait = useWait(trouble);
  const notice = useRef<HTMLDivElement>(null);
  const kind = trouble && `${trouble.kind} ${trouble.kind === 'refused' ? trouble.at : ''}`;
  useLayoutEffect(() => notice.current?.focus(), [kind]);
  if (trouble === undefined) return null;
  return (
    <Notice ref={notice} tone={trouble.kind === 'unreached' ? 'warning' : 'error'}>
      <p>{textOf(trouble, says)}</p>
      {wait > 0 && (
        <p role="timer" aria-live="off" class="timer">
          {t('wait', { time: duration(wait) })}
        </p>
      )}
      {remedy}
    </Notice>
  );
}

function textOf(trouble: Trouble, says: Says): string {
  if (trouble.kind === 'refused') return sentenceOf(trouble.refused, says);
  if (trouble.kind === 'failed') return t('errors.page');
  if (!trouble.triesAgain) return t('errors.unreached');
  return t(trouble.isOffline ? 'offline' : 'unreached');
}
