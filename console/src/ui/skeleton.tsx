import { useEffect, useState } from 'preact/hooks';
import { useText } from '../text';
import base from './base.module.css';
import style from './skeleton.module.css';

const DELAY_MS = 150;

/** Takes the place of what is loading. It becomes visible only if that takes longer than a glance. */
export function Skeleton({ lines = 3, height = '3.5rem' }: { lines?: number; height?: string }) {
  const { common } = useText();
  const [isVisible, setVisible] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setVisible(true), DELAY_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div aria-busy="true" className={style.skeleton} data-visible={isVisible}>
      <span className={base.hidden}>{common.loading}</span>
      {Array.from({ length: lines }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: The lines have no identity.
        <div key={index} className={style.line} style={{ blockSize: height }} />
      ))}
    </div>
  );
}
