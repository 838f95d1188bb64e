import { useState } from 'preact/hooks';
import { useConsoleText } from '../text';
import { SelectField } from '../ui/field';
import { Section } from '../ui/section';
import style from './account.module.css';
import { chooseTheme, chosenTheme, type Theme } from './theme';

export function ThemeSection() {
  const { account: text } = useConsoleText();
  const [theme, setTheme] = useState(chosenTheme);
  const options = (Object.keys(text.themes) as Theme[]).map((each) => [each, text.themes[each]] as const);
  const choose = (value: string) => {
    chooseTheme(value as Theme);
    setTheme(value as Theme);
  };
  return (
    <Section title={text.appearance}>
      <div className={style.form}>
        <SelectField label={text.theme} value={theme} options={options} onChange={choose} />
      </div>
    </Section>
  );
}
