import { CircleAlert, Info, TriangleAlert } from 'lucide';
import type { ComponentChildren } from 'preact';
import { classes } from './classes';
import { Icon } from './icon';
import style from './notice.module.css';

interface Props {
  kind?: 'info' | 'warning' | 'error';
  actions?: ComponentChildren;
  children: ComponentChildren;
}

const KINDS = {
  info: [Info, undefined],
  warning: [TriangleAlert, style.warning],
  error: [CircleAlert, style.error],
} as const;

/** A message within the page. Screen readers announce an error at once. */
export function Notice({ kind = 'info', actions, children }: Props) {
  const [icon, className] = KINDS[kind];
  return (
    <div className={classes(style.notice, className)} role={kind === 'error' ? 'alert' : undefined}>
      <Icon of={icon} size={16} />
      <div className={style.content}>
        <div className={style.text}>{children}</div>
        {actions && <div className={style.actions}>{actions}</div>}
      </div>
    </div>
  );
}
