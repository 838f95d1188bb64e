import type { IconNode } from 'lucide';
import type { ComponentChildren } from 'preact';
import style from './empty-state.module.css';
import { SectionHeading } from './heading';
import { Icon } from './icon';

interface Props {
  icon: IconNode;
  title: string;
  children: ComponentChildren;
  action?: ComponentChildren;
}

/** What is seen if there is nothing yet. */
export const EmptyState = ({ icon, title, children, action }: Props) => (
  <div className={style.empty}>
    <Icon of={icon} size={28} strokeWidth={1.5} />
    <SectionHeading>{title}</SectionHeading>
    <p>{children}</p>
    {action}
  </div>
);
