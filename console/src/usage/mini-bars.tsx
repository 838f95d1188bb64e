import { allowedIn, rejectedIn } from '../keys/impact';
import { useText } from '../text';
import { number } from '../text/format';
import base from '../ui/base.module.css';
import style from './usage.module.css';

interface Point {
  start: string;
  allowed: number;
  refused: number;
}

const BAR = 3;
const GAP = 1;
const HEIGHT = 20;

/** 30 days as small bars, with their sum. */
export function MiniBars({ points }: { points: readonly Point[] }) {
  const { keys: text } = useText();
  const most = Math.max(1, ...points.map(({ allowed, refused }) => allowed + refused));
  const heightOf = (count: number) => (count === 0 ? 0 : Math.max(1.5, (count / most) * HEIGHT));
  const [allowed, rejected] = [allowedIn(points), rejectedIn(points)];
  const label = text.callsIn30Days(allowed, rejected);
  const width = points.length * (BAR + GAP) - GAP;
  return (
    <span className={style.mini} title={label}>
      <svg role="img" aria-label={label} width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`}>
        <rect className={style.base} x={0} y={HEIGHT - 1} width={width} height={1} />
        {points.map(({ start, allowed: yes, refused }, index) => (
          <g key={start}>
            <rect className={style.allowed} x={index * (BAR + GAP)} y={HEIGHT - heightOf(yes)} width={BAR} height={heightOf(yes)} />
            <rect
              className={style.rejected}
              x={index * (BAR + GAP)}
              y={HEIGHT - heightOf(yes + refused)}
              width={BAR}
              height={Math.max(0, heightOf(yes + refused) - heightOf(yes))}
            />
          </g>
        ))}
      </svg>
      <span aria-hidden className={`${base.minor} ${style.sum}`}>
        {number(allowed + rejected)}
      </span>
    </span>
  );
}
