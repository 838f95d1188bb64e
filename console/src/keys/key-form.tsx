import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { fieldProblem, type Problem } from '../api/problem';
import { useText } from '../text';
import { dateTime, list } from '../text/format';
import base from '../ui/base.module.css';
import { Button } from '../ui/button';
import { Choice, SelectField, TextArea, TextField } from '../ui/field';
import { useNow } from '../ui/time';
import { type Draft, type DraftErrors, linesOf } from './draft';
import { dayOf, type ExpiryChoice, expiryAt, mayNeverExpire, presetDays } from './expiry';
import { type Key, windowOf } from './key';
import style from './key-form.module.css';
import type { KeyPolicy } from './policy';
import { ScopesField } from './scopes-field';
import { summaryOf } from './summary';

/** Fields of the input that this form shows with their own errors. */
export const FORM_PATHS = ['name', 'expiresAt', 'scopes', 'allowedCidrs', 'rateLimit', 'metadata'];

interface Props {
  draft: Draft;
  onChange: (draft: Draft) => void;
  policy: KeyPolicy;
  errors: DraftErrors;
  problem: Problem | undefined;
  /** The key that is edited; undefined for a new key. */
  edited?: Key;
}

const WINDOWS = [1, 60, 3600, 86400];
const DAY_MS = 86_400_000;

/** The settings of a key. What the policy does not permit is not offered, and the reason is shown. */
export function KeyForm({ draft, onChange, policy, errors, problem, edited }: Props) {
  const text = useText();
  const { form } = text;
  const set = (change: Partial<Draft>) => onChange({ ...draft, ...change });
  const now = useNow();
  const end = edited && draft.expiry === 'unchanged' ? undefined : expiryAt(draft.expiry, draft.date, now);
  const hasLimits = linesOf(draft.cidrs).length > 0 || draft.isLimited || draft.notes !== '';
  const hasLimitErrors =
    Boolean(errors.calls || errors.notes) || ['allowedCidrs', 'rateLimit', 'metadata'].some((path) => fieldProblem(problem, path));
  // Open from the start if it holds settings. Later it is the user's to open and close.
  const [isOpenAtFirst] = useState(hasLimits);
  return (
    <>
      <TextField
        label={form.name}
        name="name"
        value={draft.name}
        maxLength={100}
        autoComplete="off"
        data-autofocus
        hint={edited ? undefined : form.nameHint}
        error={fieldProblem(problem, 'name')}
        onChange={(name) => set({ name })}
      />
      <ExpiryFields draft={draft} set={set} policy={policy} errors={errors} problem={problem} edited={edited} now={now} />
      <ScopesField
        value={draft.scopes}
        permitted={policy.scopes}
        error={fieldProblem(problem, 'scopes')}
        onChange={(scopes) => set({ scopes })}
      />
      <details className={style.more} open={isOpenAtFirst || hasLimitErrors || undefined}>
        <summary>{form.moreLimits}</summary>
        <div className={style.limits}>
          <AddressFields draft={draft} set={set} policy={policy} error={fieldProblem(problem, 'allowedCidrs')} />
          <RateFields
            draft={draft}
            set={set}
            policy={policy}
            error={(errors.calls && form[errors.calls]) ?? fieldProblem(problem, 'rateLimit')}
          />
          <TextArea
            label={form.notes}
            name="metadata"
            value={draft.notes}
            hint={form.notesHint}
            error={(errors.notes && form[errors.notes]) ?? fieldProblem(problem, 'metadata')}
            onChange={(notes) => set({ notes })}
          />
        </div>
      </details>
      {!edited && (
        <p className={style.summary} aria-live="polite">
          {summaryOf(draft, end, text)}
        </p>
      )}
    </>
  );
}

type Part = Pick<Props, 'draft' | 'policy' | 'problem' | 'errors' | 'edited'> & { set: (change: Partial<Draft>) => void; now: Date };

function ExpiryFields({ draft, set, policy, errors, problem, edited, now }: Part) {
  const { form } = useText();
  const { keyLifetimeDaysMax: max } = policy;
  const created = edited ? new Date(edited.createdAt) : now;
  // A lifetime counts from the creation, so an older key has fewer days left.
  const days = presetDays(policy).filter(
    (each) => max === null || now.getTime() + each * DAY_MS <= created.getTime() + max * DAY_MS + 1000,
  );
  const options: [ExpiryChoice, string][] = [
    ...(edited
      ? [['unchanged', form.unchanged(edited.expiresAt ? dateTime(new Date(edited.expiresAt)) : form.never)] as [ExpiryChoice, string]]
      : []),
    ...days.map((each) => [`${each}`, form.inDays(each)] as [ExpiryChoice, string]),
    ['date', form.onDate],
    ...(mayNeverExpire(policy) ? [['never', form.never] as [ExpiryChoice, string]] : []),
  ];
  const end = expiryAt(draft.expiry, draft.date, now);
  const caption = draft.expiry === 'unchanged' ? undefined : end === null ? form.neverEnds : end && form.endsAt(dateTime(end));
  const reason = max !== null ? form.lifetimeReason(max) : policy.expiryRequired ? form.expiryRequired : undefined;
  const own = errors.expiry === 'dateTooLate' && max !== null ? form.dateTooLate(max) : errors.expiry && form.datePast;
  const error = own ?? fieldProblem(problem, 'expiresAt');
  const hint = [caption, reason].filter(Boolean).join('. ').replace('..', '.');
  const isDate = draft.expiry === 'date';
  return (
    <div className={style.pair}>
      <SelectField
        label={form.expires}
        name="expires"
        value={draft.expiry}
        options={options}
        hint={hint}
        error={isDate ? undefined : error}
        onChange={(expiry) => set({ expiry: expiry as ExpiryChoice })}
      />
      {isDate && (
        <TextField
          label={form.date}
          name="date"
          type="date"
          value={draft.date}
          min={dayOf(now)}
          max={max === null ? undefined : dayOf(new Date(created.getTime() + max * DAY_MS))}
          error={error}
          onChange={(date) => set({ date })}
        />
      )}
    </div>
  );
}

type LimitPart = Pick<Part, 'draft' | 'set' | 'policy'> & { error: string | undefined };

function AddressFields({ draft, set, policy, error }: LimitPart) {
  const { form } = useText();
  const { yourAddress, allowedCidrs } = policy;
  const lines = linesOf(draft.cidrs);
  const hint: ComponentChildren = (
    <>
      {form.cidrsHint}
      {allowedCidrs.length > 0 && ` ${form.cidrsPolicy(list(allowedCidrs))}`}
    </>
  );
  return (
    <div>
      <TextArea label={form.cidrs} name="allowedCidrs" value={draft.cidrs} hint={hint} error={error} onChange={(cidrs) => set({ cidrs })} />
      {yourAddress && !lines.includes(yourAddress) && (
        <Button kind="link" onClick={() => set({ cidrs: [...lines, yourAddress].join('\n') })}>
          {form.onlyFromHere(yourAddress)}
        </Button>
      )}
    </div>
  );
}

function RateFields({ draft, set, policy, error }: LimitPart) {
  const text = useText();
  const { form } = text;
  const windows = [...new Set([...WINDOWS, draft.windowSeconds])].sort((one, other) => one - other);
  const { ownerRateLimit: owner } = policy;
  return (
    <div className={style.rate}>
      <Choice isChecked={draft.isLimited} onChange={(isLimited) => set({ isLimited })}>
        {form.rate}
      </Choice>
      {draft.isLimited && (
        <div className={style.pair}>
          <TextField
            label={form.calls}
            name="calls"
            inputMode="numeric"
            value={draft.calls}
            error={error}
            onChange={(calls) => set({ calls })}
          />
          <SelectField
            label={form.per}
            name="per"
            value={String(draft.windowSeconds)}
            options={windows.map((seconds) => [String(seconds), windowOf(seconds, text)] as const)}
            onChange={(seconds) => set({ windowSeconds: Number(seconds) })}
          />
        </div>
      )}
      {owner && <p className={base.minor}>{form.ownerRate(owner.limit, windowOf(owner.windowSeconds, text))}</p>}
    </div>
  );
}
