import type { AnchorHTMLAttributes, MouseEvent } from 'react';
import { useViewLocation } from './location';

type Props = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'onClick'> & { href: string };

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
