import { useId } from 'preact/hooks';
import { allowedIn, rejectedIn } from '../keys/impact';
import { useText } from '../text';
import { number } from '../text/format';
import style from './usage.module.css';

interface ChartPoint {
  start: string;
  allowed: number;
  refused: number;
}

interface Props {
  points: readonly ChartPoint[];
  /** Returns the name of the interval that starts then. */
  nameOf: (start: string) => string;
}

const WIDTH = 720;
const HEIGHT = 160;
/** Gap between bars, as a share of the width of one interval. */
const GAP = 0.22;

/** Steps of the axis between two powers of ten. They leave at most a third of the chart empty. */
const STEPS = [1, 1.5, 2, 3, 4, 6, 8, 10];

/** Returns the next whole number that reads well on an axis: 1, 2, 3, 4, 6, 8, 10, 15, 20, … */
function axisMax(most: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, most)));
  return STEPS.map((step) => step * power).find((value) => Number.isInteger(value) && value >= most) ?? most;
}

/** Bars of allowed and rejected calls. Rejected calls are hatched, so that they differ without colour. */
export function UsageChart({ points, nameOf }: Props) {
  const { usage: text } = useText();
  const id = useId();
  const hatch = `${id}-hatch`;
  const most = Math.max(0, ...points.map(({ allowed, refused }) => allowed + refused));
  const max = axisMax(most);
  const step = WIDTH / points.length;
  const y = (count: number) => HEIGHT - (count / max) * HEIGHT;
  const [first, last] = [points[0], points.at(-1)];
  return (
    <figure className={style.chart}>
      <div className={style.plot}>
        <span className={style.scale}>{number(max)}</span>
        {most === 0 && <p className={style.none}>{text.none}</p>}
        <svg
          role="img"
          aria-label={text.chartLabel(allowedIn(points), rejectedIn(points))}
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
        >
          <defs>
            <pattern id={hatch} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <rect width="6" height="6" className={style.hatchBase} />
              <rect width="3" height="6" className={style.hatch} />
            </pattern>
          </defs>
          {[0.5, 1].map((share) => (
            <line key={share} className={style.grid} x1={0} x2={WIDTH} y1={y(max * share) + 0.5} y2={y(max * share) + 0.5} />
          ))}
          {points.map(({ start, allowed, refused }, index) => (
            <g key={start} className={style.interval} data-allowed={allowed} data-rejected={refused}>
              <title>{text.point(nameOf(start), allowed, refused)}</title>
              <rect className={style.hit} x={index * step} y={0} width={step} height={HEIGHT} />
              <rect
                className={style.allowed}
                x={(index + GAP / 2) * step}
                y={y(allowed)}
                width={step * (1 - GAP)}
                height={HEIGHT - y(allowed)}
              />
              <rect
                fill={`url(#${hatch})`}
                x={(index + GAP / 2) * step}
                y={y(allowed + refused)}
                width={step * (1 - GAP)}
                height={y(allowed) - y(allowed + refused)}
              />
            </g>
          ))}
          <line className={style.axis} x1={0} x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
        </svg>
      </div>
      <figcaption className={style.ends}>
        <span>{first && nameOf(first.start)}</span>
        <span>{last && nameOf(last.start)}</span>
      </figcaption>
    </figure>
  );
}
