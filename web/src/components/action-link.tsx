// A link that looks like a button: where to go on.
import type { ComponentChildren, TargetedMouseEvent } from 'preact';

interface Props {
  readonly href: string;
  readonly look?: 'main' | 'plain';
  readonly onClick?: (event: TargetedMouseEvent<HTMLAnchorElement>) => void;
  readonly children: ComponentChildren;
}

export function ActionLink({ href, look = 'main', onClick, children }: Props) {
  return (
    <a class={`button ${look}`} href={href} onClick={onClick}>
      {children}
    </a>
  );
}
