import type { ButtonHTMLAttributes, ComponentChildren } from 'preact';
import style from './button.module.css';
import { classes } from './classes';

type Kind = 'primary' | 'secondary' | 'danger' | 'quiet' | 'quietDanger' | 'outlineDanger' | 'link';

interface Props extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled' | 'className'> {
  kind?: Kind;
  isCompact?: boolean;
  /** The request of this button is in progress. */
  isBusy?: boolean;
  /** The button stays in the tab order, so that its description can be read. */
  isDisabled?: boolean;
  children: ComponentChildren;
}

const PARTS: Record<Kind, string> = {
  primary: 'button primary',
  danger: 'button danger',
  secondary: 'button',
  quiet: 'button',
  quietDanger: 'button',
  outlineDanger: 'button',
  link: 'button',
};

export function Button({ kind = 'secondary', isCompact, isBusy = false, isDisabled = false, onClick, children, ...rest }: Props) {
  const isInert = isBusy || isDisabled;
  return (
    <button
      type="button"
      {...rest}
      part={PARTS[kind]}
      className={classes(style.button, style[kind], isCompact && style.compact)}
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
