import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { PageHeading } from '../ui/heading';
import style from './session.module.css';
import { useServer } from './use-session';

/** A page for a visitor who is not signed in. */
export function EntryPage({ title, intro, children }: { title: string; intro?: string; children: ComponentChildren }) {
  const { productName } = useServer();
  useEffect(() => {
    document.title = `${title} · ${productName}`;
  }, [title, productName]);
  return (
    <main className={style.entry}>
      <div className={style.card}>
        <p className={style.product}>{productName}</p>
        <header>
          <PageHeading>{title}</PageHeading>
          {intro && <p className={style.intro}>{intro}</p>}
        </header>
        {children}
      </div>
    </main>
  );
}
