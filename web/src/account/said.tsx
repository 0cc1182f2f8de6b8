// Says what has happened, and takes the focus, so that a screen reader reads it.
import { useEffect, useRef } from 'preact/hooks';
import { Notice } from '../components/notice.js';

interface Props {
  readonly text: string;
  readonly tone?: 'success' | 'error' | 'info';
}

export function Said({ text, tone = 'success' }: Props) {
  const notice = useRef<HTMLDivElement>(null);
  useEffect(() => notice.current?.focus(), [text]);
  return (
    <Notice ref={notice} tone={tone}>
      <p>{text}</p>
    </Notice>
  );
}
