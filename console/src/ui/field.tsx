import { CircleAlert } from 'lucide';
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import base from './base.module.css';
import { classes } from './classes';
import style from './field.module.css';
import { Icon } from './icon';

interface Described {
  label: string;
  hint?: ComponentChildren;
  error?: string | undefined;
}

interface Value {
  name?: string;
  value: string;
  /** Called while the user types, and after each choice. */
  onChange: (value: string) => void;
  'data-autofocus'?: boolean | undefined;
}

interface Control {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': true | undefined;
}

/** A label, a control, its hint and its error. */
export function Field({ label, hint, error, children }: Described & { children: (control: Control) => ComponentChildren }) {
  const id = useId();
  const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  return (
    <div className={style.field} part="field">
      <label className={style.label} htmlFor={id}>
        {label}
      </label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': error ? true : undefined })}
      {error && <FieldError id={`${id}-error`}>{error}</FieldError>}
      {hint && (
        <div id={`${id}-hint`} className={base.minor}>
          {hint}
        </div>
      )}
    </div>
  );
}

export const FieldError = ({ id, children }: { id?: string; children: ComponentChildren }) => (
  <p id={id} className={style.error}>
    <Icon of={CircleAlert} size={14} />
    <span>{children}</span>
  </p>
);

interface Input extends Value {
  type?: 'email' | 'date';
  maxLength?: number;
  min?: string;
  max?: string | undefined;
  inputMode?: 'numeric';
  autoComplete?: string;
  autoCapitalize?: 'off';
  spellcheck?: boolean;
}

export const TextField = ({ label, hint, error, type, onChange, ...input }: Described & Input) => (
  <Field label={label} hint={hint} error={error}>
    {(control) => (
      <input
        {...input}
        {...control}
        // Preact's types do not accept an input of several possible types.
        type={(type ?? 'text') as 'text'}
        className={style.control}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    )}
  </Field>
);

interface Area extends Value {
  rows?: number;
}

export const TextArea = ({ label, hint, error, onChange, ...area }: Described & Area) => (
  <Field label={label} hint={hint} error={error}>
    {(control) => (
      <textarea
        rows={3}
        spellcheck={false}
        {...area}
        {...control}
        className={classes(style.control, style.code)}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    )}
  </Field>
);

interface Select extends Value {
  options: readonly (readonly [value: string, label: string])[];
}

export const SelectField = ({ label, hint, error, options, value, onChange, ...select }: Described & Select) => (
  <Field label={label} hint={hint} error={error}>
    {(control) => (
      <select {...select} {...control} value={value} className={style.control} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    )}
  </Field>
);

interface Choice {
  type?: 'checkbox' | 'radio';
  name?: string;
  isChecked: boolean;
  onChange: (isChecked: boolean) => void;
  children: ComponentChildren;
}

export const Choice = ({ type = 'checkbox', name, isChecked, onChange, children }: Choice) => (
  <label className={style.choice} part="field">
    <input type={type} name={name} checked={isChecked} onChange={(event) => onChange(event.currentTarget.checked)} />
    <span>{children}</span>
  </label>
);

export const Choices = ({ children }: { children: ComponentChildren }) => <div className={style.choices}>{children}</div>;
