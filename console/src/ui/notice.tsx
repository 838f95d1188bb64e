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

const ICONS = { info: Info, warning: TriangleAlert, error: CircleAlert };

/** A message within the page. Screen readers announce an error at once. */
export function Notice({ kind = 'info', actions, children }: Props) {
  return (
    <div className={classes(style.notice, kind !== 'info' && style[kind])} role={kind === 'error' ? 'alert' : undefined}>
      <Icon of={ICONS[kind]} size={16} />
      <div className={style.content}>
        <div className={style.text}>{children}</div>
        {actions && <div className={style.actions}>{actions}</div>}
      </div>
    </div>
  );
}
