import type { IconNode } from 'lucide';
import { createElement } from 'preact';

interface Props {
  of: IconNode;
  size: number;
  strokeWidth?: number;
}

/** An icon. It is decoration: the text beside it says the same. */
export const Icon = ({ of, size, strokeWidth = 2 }: Props) => (
  <svg
    aria-hidden="true"
    width={size}
    height={size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width={strokeWidth}
    stroke-linecap="round"
    stroke-linejoin="round"
  >
    {of.map(([tag, attributes], index) => createElement(tag, { ...attributes, key: index }))}
  </svg>
);
