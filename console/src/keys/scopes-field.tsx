import { useId, useState } from 'preact/hooks';
import { useText } from '../text';
import base from '../ui/base.module.css';
import { Choice, Choices, FieldError, TextArea } from '../ui/field';
import { linesOf } from './draft';
import style from './key-form.module.css';

interface Props {
  value: readonly string[];
  /** Null: any scope can be granted. */
  permitted: readonly string[] | null;
  error: string | undefined;
  onChange: (scopes: string[]) => void;
}

/** Checkboxes for the scopes that can be granted; free text if any can be. */
export function ScopesField({ value, permitted, error, onChange }: Props) {
  const { form } = useText();
  const id = useId();
  if (permitted === null) {
    return <FreeScopes value={value} error={error} onChange={onChange} />;
  }
  // A scope that the key has and that is no longer permitted can be taken off, and then no longer granted.
  const lost = value.filter((scope) => !permitted.includes(scope));
  const toggle = (scope: string, isGranted: boolean) => onChange(isGranted ? [...value, scope] : value.filter((each) => each !== scope));
  return (
    <fieldset className={style.scopes} aria-describedby={id} aria-invalid={error ? true : undefined}>
      <legend>{form.scopes}</legend>
      {error && <FieldError>{error}</FieldError>}
      <Choices>
        {[...permitted, ...lost].map((scope) => (
          <Choice key={scope} isChecked={value.includes(scope)} onChange={(isGranted) => toggle(scope, isGranted)}>
            <code>{scope}</code>
            {lost.includes(scope) && <small className={style.lost}> {form.scopeLost}</small>}
          </Choice>
        ))}
      </Choices>
      <p id={id} className={base.minor}>
        {permitted.length === 0 ? form.scopesNone : form.scopesReason}
      </p>
    </fieldset>
  );
}

function FreeScopes({ value, error, onChange }: Omit<Props, 'permitted'>) {
  const { form } = useText();
  const [typed, setTyped] = useState(value.join('\n'));
  // Other settings of the key may have been read meanwhile. A text that names the same scopes stays as it was typed.
  const isCurrent = linesOf(typed).join('\n') === value.join('\n');
  return (
    <TextArea
      label={form.scopes}
      name="scopes"
      rows={2}
      value={isCurrent ? typed : value.join('\n')}
      hint={form.scopesFree}
      error={error}
      onChange={(scopes) => {
        setTyped(scopes);
        onChange(linesOf(scopes));
      }}
    />
  );
}
