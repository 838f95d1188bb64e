import type { ComponentChildren } from 'preact';
import { useViewLocation } from './location';

interface Props {
  href: string;
  className?: string | undefined;
  'aria-current'?: 'page' | 'true' | undefined;
  children: ComponentChildren;
}

/** A link to another view. A click that opens a tab or a window is left to the browser. */
export function Link({ href, ...rest }: Props) {
  const { base, go } = useViewLocation();
  const follow = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(href);
  };
  return <a {...rest} href={base + href} onClick={follow} />;
}
