import { type ComponentChildren, createContext } from 'preact';
import { useCallback, useContext, useEffect, useState } from 'preact/hooks';
import style from './toast.module.css';

const SHOWN_MS = 6000;

const AnnounceContext = createContext<(message: string) => void>(() => undefined);

/** Returns a function that shows a message and announces it to screen readers. */
export const useAnnounce = () => useContext(AnnounceContext);

export function ToastProvider({ children }: { children: ComponentChildren }) {
  const [message, setMessage] = useState<{ text: string }>();
  const announce = useCallback((text: string) => setMessage({ text }), []);
  useEffect(() => {
    if (!message) return;
    const timer = setTimeout(() => setMessage(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [message]);
  return (
    <AnnounceContext.Provider value={announce}>
      {children}
      <div role="status" className={style.region}>
        {message && <p className={style.toast}>{message.text}</p>}
      </div>
    </AnnounceContext.Provider>
  );
}
