import { LogOut } from 'lucide';
import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Viewer } from './session/session';
import { useProvider } from './session/use-provider';
import { useServer, useSession } from './session/use-session';
import style from './shell.module.css';
import { useConsoleText } from './text';
import { Button } from './ui/button';
import { Icon } from './ui/icon';
import { Link } from './ui/link';
import { keyIdIn, usePath } from './ui/location';
import { Notice } from './ui/notice';
import { focusHeading, ViewContext } from './ui/page';
import { SafeText } from './ui/safe-text';
import { useAnnounce } from './ui/toast';

/** The frame of all pages of a signed-in user: navigation, notices about the connection, and the page. */
export function Shell({ viewer, children }: { viewer: Viewer; children: ComponentChildren }) {
  const { nav, session: text, problems } = useConsoleText();
  const { productName } = useServer();
  const isOffline = useOffline();
  const onView = useCallback(
    (view: string) => {
      document.title = `${view} · ${productName}`;
    },
    [productName],
  );
  useFocusAfterNavigation();
  return (
    <ViewContext.Provider value={onView}>
      <button type="button" className={style.skip} onClick={() => document.getElementById('content')?.focus()}>
        {nav.skip}
      </button>
      <header className={style.header}>
        <div className={style.bar}>
          <span className={style.product}>{productName}</span>
          <nav aria-label={nav.label} className={style.nav}>
            <NavLink href="/">{nav.keys}</NavLink>
            <NavLink href="/history">{nav.history}</NavLink>
            <NavLink href="/activity">{nav.activity}</NavLink>
            <NavLink href="/account">{nav.account}</NavLink>
          </nav>
          <div className={style.viewer}>
            {viewer.email && (
              <span className={style.email} title={viewer.email}>
                <SafeText>{viewer.email}</SafeText>
              </span>
            )}
            <SignOutButton />
          </div>
        </div>
      </header>
      <main id="content" tabIndex={-1} className={style.main}>
        {!window.isSecureContext && <Notice kind="warning">{text.insecure}</Notice>}
        {isOffline && <Notice kind="warning">{problems.offline}</Notice>}
        {children}
      </main>
    </ViewContext.Provider>
  );
}

function NavLink({ href, children }: { href: string; children: ComponentChildren }) {
  const path = usePath();
  // The page of a key is below the list of keys.
  const isAbove = href === '/' && keyIdIn(path) !== undefined;
  return (
    <Link href={href} className={style.link} aria-current={path === href ? 'page' : isAbove ? 'true' : undefined}>
      {children}
    </Link>
  );
}

function SignOutButton() {
  const { nav, session: text } = useConsoleText();
  const session = useSession();
  const provider = useProvider();
  const announce = useAnnounce();
  const [isBusy, setBusy] = useState(false);
  const signOut = async () => {
    setBusy(true);
    const { isExternal } = session;
    const problem = await session.signOut();
    setBusy(false);
    if (problem) announce(text.signedOutFailed);
    else if (isExternal) await provider?.signOut();
  };
  return (
    <Button kind="quiet" isCompact isBusy={isBusy} onClick={() => void signOut()}>
      {!isBusy && <Icon of={LogOut} size={15} />}
      {nav.signOut}
    </Button>
  );
}

function useOffline(): boolean {
  const [isOffline, setOffline] = useState(!navigator.onLine);
  useEffect(() => {
    const update = () => setOffline(!navigator.onLine);
    window.addEventListener('online', update);
    window.addEventListener('offline', update);
    return () => {
      window.removeEventListener('online', update);
      window.removeEventListener('offline', update);
    };
  }, []);
  return isOffline;
}

function useFocusAfterNavigation(): void {
  const path = usePath();
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    focusHeading(document);
    window.scrollTo(0, 0);
  }, [path]);
}
