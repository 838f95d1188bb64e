import { useId } from 'preact/hooks';
import base from './base.module.css';
import style from './segments.module.css';

interface Props<Value extends string> {
  label: string;
  value: Value;
  options: readonly Value[];
  texts: Record<Value, string>;
  onChange: (value: Value) => void;
}

/** A few choices side by side, of which one applies. */
export function Segments<Value extends string>({ label, value, options, texts, onChange }: Props<Value>) {
  const name = useId();
  return (
    <fieldset className={style.segments}>
      <legend className={base.hidden}>{label}</legend>
      {options.map((option) => (
        <label key={option} data-checked={option === value}>
          <input type="radio" name={name} checked={option === value} onChange={() => onChange(option)} />
          {texts[option]}
        </label>
      ))}
    </fieldset>
  );
}
