// A button that shows that its request is under way. It stays in the tab order, so that the focus is not lost.
import type { ComponentChildren } from 'preact';
import { t } from '../text.js';
import type { Call } from './use-call.js';
import { useWait } from './use-wait.js';

interface Props {
  readonly children: ComponentChildren;
  /** The request that it makes. Outside of a form, a click runs it. */
  readonly call?: Call<never>;
  readonly type?: 'button' | 'submit';
  readonly onClick?: () => void;
  readonly look?: 'main' | 'plain' | 'link';
  /** For an act that takes something away. */
  readonly isGrave?: boolean;
  /** Seconds until it can be pressed. */
  readonly waits?: number;
  /** What it does, for a reader who does not see what stands beside it. */
  readonly label?: string;
}

export function Button({
  children,
  call,
  type = 'button',
  onClick,
  look = 'main',
  isGrave = false,
  waits = 0,
  label,
}: Props) {
  const waiting = Math.max(useWait(call?.trouble), waits);
  const isBusy = call?.isBusy ?? false;
  const isOff = isBusy || waiting > 0;

  function press(event: Event): void {
    if (isOff) event.preventDefault();
    else if (onClick) onClick();
    else if (type === 'button' && call) (call as Call).run();
  }

  return (
    <button
      type={type}
      class={`button ${look}${isGrave ? ' grave' : ''}`}
      aria-disabled={isOff}
      aria-busy={isBusy}
      aria-label={label}
      onClick={press}
    >
      <span class="spinner" aria-hidden="true" />
      <span>{children}</span>
      <span role="status" class="unseen">
        {isBusy ? t('busy') : ''}
      </span>
    </button>
  );
}
