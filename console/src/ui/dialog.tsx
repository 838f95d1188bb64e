import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import base from './base.module.css';
import { classes } from './classes';
import style from './dialog.module.css';

interface Props {
  title: ComponentChildren;
  /** Escape, or a click beside the dialog. */
  onDismiss: () => void;
  onSubmit?: () => void;
  children: ComponentChildren;
  actions: ComponentChildren;
  isAlert?: boolean;
  className?: string | undefined;
}

/** Moves the focus to where the user continues: to the opener of the dialog, or to the heading if the opener was removed. */
function restoreFocus(opener: Element | null, root: Document | ShadowRoot): void {
  // The body has the focus if this dialog replaced another one.
  const isKept = opener?.isConnected && opener !== opener.ownerDocument.body;
  const target = isKept ? opener : root.querySelector('[data-page-heading]');
  if (target instanceof HTMLElement) target.focus();
}

/** A modal dialog. It is native, so the browser keeps the focus inside, and the page is inert. */
export function Dialog({ title, onDismiss, onSubmit, children, actions, isAlert = false, className }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    const root = dialog.getRootNode() as Document | ShadowRoot;
    const opener = root.activeElement;
    dialog.showModal();
    dialog.querySelector<HTMLElement>('[data-autofocus]')?.focus();
    return () => {
      dialog.close();
      // The update that removes the dialog may remove its opener too.
      requestAnimationFrame(() => restoreFocus(opener, root));
    };
  }, []);
  const submit = (event: Event) => {
    event.preventDefault();
    onSubmit?.();
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same by the keyboard.
    <dialog
      ref={ref}
      part="dialog"
      role={isAlert ? 'alertdialog' : undefined}
      aria-labelledby={id}
      className={classes(base.root, style.dialog, className)}
      onCancel={(event) => {
        event.preventDefault();
        onDismiss();
      }}
      onClick={(event) => event.target === event.currentTarget && onDismiss()}
    >
      <form className={style.form} noValidate onSubmit={submit}>
        <header className={style.head}>
          <h2 id={id}>{title}</h2>
        </header>
        <div className={style.body}>{children}</div>
        <footer className={style.foot}>{actions}</footer>
      </form>
    </dialog>
  );
}
