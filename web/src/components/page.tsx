// One page: its heading, which takes the focus when a person comes from another page of ours, and what stands below.
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { hasMoved } from '../router.js';
import { settings } from '../settings.js';
import { Icon, type IconName } from './icon.js';

interface Props {
  readonly title: string;
  readonly intro?: ComponentChildren;
  readonly icon?: IconName;
  readonly children?: ComponentChildren;
  /** Links below the card. */
  readonly below?: ComponentChildren;
}

export function Page({ title, intro, icon, children, below }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => void (document.title = `${title} · ${settings.name}`), [title]);
  useLayoutEffect(() => {
    if (hasMoved()) heading.current?.focus();
  }, []);
  return (
    <>
      <section class="card">
        {icon && (
          <div class="emblem">
            <Icon name={icon} />
          </div>
        )}
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {intro && <p class="intro">{intro}</p>}
        {children}
      </section>
      {below && <div class="below">{below}</div>}
    </>
  );
}
