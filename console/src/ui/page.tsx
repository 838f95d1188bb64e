import { type ComponentChildren, createContext } from 'preact';
import { useContext, useEffect, useRef } from 'preact/hooks';
import base from './base.module.css';
import { PageHeading } from './heading';
import style from './page.module.css';

/** Called with the name of each view. The console names the browser's tab after it. */
export const ViewContext = createContext<(view: string) => void>(() => undefined);

interface Props {
  title: ComponentChildren;
  /** The title as text, where it is not text already. */
  view?: string;
  intro?: ComponentChildren;
  actions?: ComponentChildren;
  above?: ComponentChildren;
  children: ComponentChildren;
}

/** A page: its heading, its actions and its content. */
export function Page({ title, view, intro, actions, above, children }: Props) {
  const onView = useContext(ViewContext);
  const heading = useRef<HTMLHeadingElement>(null);
  const name = view ?? String(title);
  useEffect(() => onView(name), [onView, name]);
  useEffect(() => focusIfLost(heading.current), []);
  return (
    <div className={style.page}>
      <header className={style.head}>
        <div className={style.title}>
          {above}
          <PageHeading innerRef={heading}>{title}</PageHeading>
          {intro && <div className={style.intro}>{intro}</div>}
        </div>
        {actions && <div className={`${base.row} ${style.actions}`}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** The root that had the focus when a link to another page was followed. */
const navigated = new WeakSet<Node>();

/** Moves the focus to the heading after a change of the page, as a browser does for a new document. */
export function focusHeading(root: Document | ShadowRoot): void {
  navigated.add(root);
  root.querySelector<HTMLElement>('[data-page-heading]')?.focus();
}

/** The heading that had the focus is replaced when the content has loaded. */
function focusIfLost(heading: HTMLHeadingElement | null): void {
  const root = heading?.getRootNode();
  if (!heading || !root || !navigated.has(root)) return;
  const active = (root as Document | ShadowRoot).activeElement;
  if (!active || active === document.body) heading.focus();
}
