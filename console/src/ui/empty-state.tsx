import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import style from './empty-state.module.css';
import { SectionHeading } from './heading';

interface Props {
  icon: LucideIcon;
  title: string;
  children: ReactNode;
  action?: ReactNode;
}

/** What is seen where there is nothing yet. */
export const EmptyState = ({ icon: Icon, title, children, action }: Props) => (
  <div className={style.empty}>
    <Icon size={28} strokeWidth={1.5} aria-hidden />
    <SectionHeading>{title}</SectionHeading>
    <p>{children}</p>
    {action}
  </div>
);
