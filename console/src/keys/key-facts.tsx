import type { ComponentChildren } from 'preact';
import { useText } from '../text';
import { list } from '../text/format';
import base from '../ui/base.module.css';
import { Link } from '../ui/link';
import { SafeText } from '../ui/safe-text';
import { ExactTime, RelativeTime } from '../ui/time';
import { endOf, type Key, windowOf } from './key';
import style from './keys.module.css';
import type { KeyPolicy } from './policy';

const Fact = ({ name, children }: { name: string; children: ComponentChildren }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

const Tags = ({ values }: { values: readonly string[] }) => (
  <span className={style.tags}>
    {values.map((value) => (
      <code key={value}>{value}</code>
    ))}
  </span>
);

/** What the policy leaves of the granted scopes. */
function EffectiveScopes({ scopes }: { scopes: readonly string[] }) {
  const { detail } = useText();
  return <div className={base.minor}>{scopes.length === 0 ? detail.scopesNoneEffective : detail.scopesEffective(list(scopes))}</div>;
}

/** The settings of a key. */
export function KeyFacts({ apiKey, policy }: { apiKey: Key; policy: KeyPolicy | undefined }) {
  const text = useText();
  const { detail, common } = text;
  const { rateLimit, scopes, allowedCidrs, metadata, revokedReason, replaces } = apiKey;
  const end = endOf(apiKey);
  const owner = policy?.ownerRateLimit;
  const lost = scopes.some((scope) => !apiKey.effective.scopes.includes(scope));
  const endsByPolicy = end !== null && end !== apiKey.expiresAt;
  return (
    <dl className={style.facts}>
      <Fact name={detail.scopes}>
        {scopes.length > 0 ? <Tags values={scopes} /> : detail.none}
        {lost && <EffectiveScopes scopes={apiKey.effective.scopes} />}
      </Fact>
      <Fact name={detail.addresses}>{allowedCidrs.length > 0 ? <Tags values={allowedCidrs} /> : common.any}</Fact>
      <Fact name={detail.rate}>
        {rateLimit ? detail.rateOf(rateLimit.limit, windowOf(rateLimit.windowSeconds, text)) : detail.unlimited}
      </Fact>
      {owner && <Fact name={detail.ownerRate}>{detail.rateOf(owner.limit, windowOf(owner.windowSeconds, text))}</Fact>}
      <Fact name={detail.expires}>
        {end ? (
          <>
            <RelativeTime at={end} /> (<ExactTime at={end} />){endsByPolicy && <div className={base.minor}>{detail.expiresByPolicy}</div>}
          </>
        ) : (
          common.never
        )}
      </Fact>
      {replaces && (
        <Fact name={detail.replaces}>
          <Link href={`/keys/${replaces.id}`}>{replaces.keyPrefix}</Link>
        </Fact>
      )}
      {revokedReason && (
        <Fact name={detail.reason}>
          <SafeText>{revokedReason}</SafeText>
        </Fact>
      )}
      {Object.keys(metadata).length > 0 && (
        <Fact name={detail.notes}>
          <pre>
            <Lines text={JSON.stringify(metadata, null, 2)} />
          </pre>
        </Fact>
      )}
    </dl>
  );
}

const Lines = ({ text }: { text: string }) => (
  <>
    {text.split('\n').map((line, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: The lines of one text have no other identity.
      <div key={index}>
        <SafeText>{line}</SafeText>
      </div>
    ))}
  </>
);

/** From where the key was used last. */
export function LastUse({ apiKey }: { apiKey: Key }) {
  const { detail, common } = useText();
  const { lastUsedAt, lastUsedIp, lastUsedUserAgent } = apiKey;
  if (!lastUsedAt) return <p>{detail.neverUsed}</p>;
  return (
    <dl className={style.facts}>
      <Fact name={detail.time}>
        <RelativeTime at={lastUsedAt} /> (<ExactTime at={lastUsedAt} />)
      </Fact>
      <Fact name={detail.address}>{lastUsedIp ?? common.unknown}</Fact>
      <Fact name={detail.program}>{lastUsedUserAgent ? <SafeText>{lastUsedUserAgent}</SafeText> : common.unknown}</Fact>
    </dl>
  );
}
