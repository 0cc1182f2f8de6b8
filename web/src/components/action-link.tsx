// A link that looks like a button: where to go on.
import type { ComponentChildren } from 'preact';

interface Props {
  readonly href: string;
  readonly look?: 'main' | 'plain';
  readonly children: ComponentChildren;
}

export function ActionLink({ href, look = 'main', children }: Props) {
  return (
    <a class={`button ${look}`} href={href}>
      {children}
    </a>
  );
}
