import { CircleAlert } from 'lucide';
import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes, useId } from 'react';
import { classes } from './classes';
import style from './field.module.css';
import { Icon } from './icon';

interface Described {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
}

interface Control {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': true | undefined;
}

/** A label, a control, its hint and its error. */
export function Field({ label, hint, error, children }: Described & { children: (control: Control) => ReactNode }) {
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
        <div id={`${id}-hint`} className={style.hint}>
          {hint}
        </div>
      )}
    </div>
  );
}

export const FieldError = ({ id, children }: { id?: string; children: ReactNode }) => (
  <p id={id} className={style.error}>
    <Icon of={CircleAlert} size={14} />
    <span>{children}</span>
  </p>
);

type Input = Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value'> & { value: string; onChange: (value: string) => void };

export const TextField = ({ label, hint, error, onChange, ...input }: Described & Input) => (
  <Field label={label} hint={hint} error={error}>
    {(control) => (
      <input type="text" {...input} {...control} className={style.control} onChange={(event) => onChange(event.target.value)} />
    )}
  </Field>
);

type Area = Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'onChange' | 'value'> & { value: string; onChange: (value: string) => void };

export const TextArea = ({ label, hint, error, onChange, ...area }: Described & Area) => (
  <Field label={label} hint={hint} error={error}>
    {(control) => (
      <textarea
        rows={3}
        spellCheck={false}
        {...area}
        {...control}
        className={classes(style.control, style.code)}
        onChange={(event) => onChange(event.target.value)}
      />
    )}
  </Field>
);

type Select = Omit<SelectHTMLAttributes<HTMLSelectElement>, 'onChange' | 'value'> & {
  value: string;
  onChange: (value: string) => void;
  options: readonly (readonly [value: string, label: string])[];
};

export const SelectField = ({ label, hint, error, options, value, onChange, ...select }: Described & Select) => (
  <Field label={label} hint={hint} error={error}>
    {(control) => (
      <select {...select} {...control} value={value} className={style.control} onChange={(event) => onChange(event.target.value)}>
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
  children: ReactNode;
}

export const Choice = ({ type = 'checkbox', name, isChecked, onChange, children }: Choice) => (
  <label className={style.choice} part="field">
    <input type={type} name={name} checked={isChecked} onChange={(event) => onChange(event.target.checked)} />
    <span>{children}</span>
  </label>
);

export const Choices = ({ children }: { children: ReactNode }) => <div className={style.choices}>{children}</div>;
