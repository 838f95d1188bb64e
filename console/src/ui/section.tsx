import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { SectionHeading } from './heading';
import style from './section.module.css';

interface Props {
  title: string;
  intro?: string;
  actions?: ComponentChildren;
  children: ComponentChildren;
}

/** A part of a page with its heading. */
export function Section({ title, intro, actions, children }: Props) {
  const id = useId();
  return (
    <section className={style.section} aria-labelledby={id}>
      <header className={style.head}>
        <div>
          <SectionHeading id={id}>{title}</SectionHeading>
          {intro && <p className={style.intro}>{intro}</p>}
        </div>
        {actions}
      </header>
      {children}
    </section>
  );
}
