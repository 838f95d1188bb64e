import { useState } from 'preact/hooks';
import { useData } from '../api/use-data';
import { KeysDocument } from '../gql/graphql';
import style from '../keys/keys.module.css';
import type { Viewer } from '../session/session';
import { useConsoleText } from '../text';
import { Button } from '../ui/button';
import { Page } from '../ui/page';
import { SafeText } from '../ui/safe-text';
import { Section } from '../ui/section';
import accountStyle from './account.module.css';
import { DeleteDialog } from './delete-dialog';
import { PasswordSection } from './password-section';
import { SessionsSection } from './sessions-section';
import { ThemeSection } from './theme-section';

/** The account of the user. Users of an identity provider have neither a password nor sessions here. */
export function AccountPage({ viewer }: { viewer: Viewer }) {
  const { account: text } = useConsoleText();
  const isLocal = viewer.externalId == null;
  return (
    <Page title={text.title}>
      <Section title={text.identity}>
        <dl className={style.facts}>
          <div>
            <dt>{text.email}</dt>
            <dd>{viewer.email ? <SafeText>{viewer.email}</SafeText> : text.noEmail}</dd>
          </div>
          {viewer.issuer && (
            <div>
              <dt>{text.provider}</dt>
              <dd>
                <SafeText>{viewer.issuer}</SafeText>
              </dd>
            </div>
          )}
          {viewer.externalId && (
            <div>
              <dt>{text.externalId}</dt>
              <dd>
                <SafeText>{viewer.externalId}</SafeText>
              </dd>
            </div>
          )}
        </dl>
      </Section>
      <ThemeSection />
      {isLocal && <SessionsSection />}
      {isLocal && <PasswordSection email={viewer.email ?? ''} />}
      {isLocal && <DeleteSection />}
    </Page>
  );
}

const NO_VARIABLES = {};

function DeleteSection() {
  const { account: text } = useConsoleText();
  const [isOpen, setOpen] = useState(false);
  const { data } = useData(KeysDocument, NO_VARIABLES);
  return (
    <Section title={text.delete} intro={text.deleteIntro}>
      <div>
        <Button kind="quietDanger" className={accountStyle.delete} onClick={() => setOpen(true)}>
          {text.delete}
        </Button>
      </div>
      {isOpen && <DeleteDialog keyCount={data?.myApiKeys.length ?? 0} onClose={() => setOpen(false)} />}
    </Section>
  );
}
