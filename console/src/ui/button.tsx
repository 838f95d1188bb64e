import type { ButtonHTMLAttributes, ComponentChildren } from 'preact';
import style from './button.module.css';
import { classes } from './classes';

type Kind = 'primary' | 'secondary' | 'danger' | 'quiet' | 'quietDanger' | 'link';

interface Props extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled' | 'className'> {
  kind?: Kind;
  isCompact?: boolean;
  className?: string | undefined;
  /** The request of this button is in progress. */
  isBusy?: boolean;
  /** The button stays in the tab order, so that its description can be read. */
  isDisabled?: boolean;
  children: ComponentChildren;
}

/** The parts that a page can style, and the class. */
const KINDS: Record<Kind, [part: string, className: string | undefined]> = {
  primary: ['button primary', style.primary],
  danger: ['button danger', style.danger],
  secondary: ['button', style.secondary],
  quiet: ['button', style.quiet],
  quietDanger: ['button', style.quietDanger],
  link: ['button', style.link],
};

export function Button({
  kind = 'secondary',
  isCompact,
  isBusy = false,
  isDisabled = false,
  className: more,
  onClick,
  children,
  ...rest
}: Props) {
  const isInert = isBusy || isDisabled;
  const [part, className] = KINDS[kind];
  return (
    <button
      type="button"
      {...rest}
      part={part}
      className={classes(style.button, className, isCompact && style.compact, more)}
      aria-disabled={isInert || undefined}
      aria-busy={isBusy || undefined}
      onClick={(event) => {
        if (isInert) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {isBusy && <span className={style.spinner} />}
      {children}
    </button>
  );
}
