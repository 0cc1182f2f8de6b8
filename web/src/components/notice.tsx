// A sentence that stands out: what worked, what did not, what to know.
import type { ComponentChildren, Ref } from 'preact';
import { Icon, type IconName } from './icon.js';

const icons: Readonly<Record<Tone, IconName>> = { success: 'check', error: 'alert', warning: 'alert', info: 'info' };

type Tone = 'success' | 'error' | 'warning' | 'info';

interface Props {
  readonly tone: Tone;
  readonly children: ComponentChildren;
  readonly ref?: Ref<HTMLDivElement>;
}

export function Notice({ tone, children, ref }: Props) {
  return (
    <div ref={ref ?? null} class={`notice ${tone}`} role={tone === 'error' ? 'alert' : 'status'} tabIndex={-1}>
      <Icon name={icons[tone]} />
      <div>{children}</div>
    </div>
  );
}
