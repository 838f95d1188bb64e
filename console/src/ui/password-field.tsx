import { Eye, EyeOff } from 'lucide';
import { useState } from 'preact/hooks';
import { useConsoleText } from '../text';
import { Field } from './field';
import fieldStyle from './field.module.css';
import { Icon } from './icon';
import style from './password-field.module.css';

interface Props {
  label: string;
  hint?: string;
  error?: string | undefined;
  name: string;
  autoComplete: 'current-password' | 'new-password';
  value: string;
  onChange: (value: string) => void;
}

export function PasswordField({ label, hint, error, onChange, ...input }: Props) {
  const { session: text } = useConsoleText();
  const [isShown, setShown] = useState(false);
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <div className={style.password}>
          <input
            {...input}
            {...control}
            // Preact's types do not accept an input of several possible types.
            type={(isShown ? 'text' : 'password') as 'password'}
            className={fieldStyle.control}
            autoCapitalize="off"
            spellcheck={false}
            required
            onInput={(event) => onChange(event.currentTarget.value)}
          />
          <button type="button" aria-label={isShown ? text.hidePassword : text.showPassword} onClick={() => setShown(!isShown)}>
            <Icon of={isShown ? EyeOff : Eye} size={16} />
          </button>
        </div>
      )}
    </Field>
  );
}
