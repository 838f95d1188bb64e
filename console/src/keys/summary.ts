import type { KeyMessages } from '../text';
import { dateTime, list } from '../text/format';
import { type Draft, linesOf } from './draft';
import { windowOf } from './key';

/** Returns one sentence about what the key will be able to do: "Can use orders:read from anywhere, at any rate, until 22 Feb 2027." */
export function summaryOf(draft: Draft, end: Date | null | undefined, text: KeyMessages): string {
  const { summary } = text;
  const cidrs = linesOf(draft.cidrs);
  const calls = Number(draft.calls);
  const rate = draft.isLimited && calls > 0 ? summary.rate(calls, windowOf(draft.windowSeconds, text)) : summary.noRate;
  const parts = [
    draft.scopes.length > 0 ? summary.scopes(list(draft.scopes)) : summary.noScopes,
    cidrs.length > 0 ? summary.addresses(cidrs.length) : summary.anywhere,
    rate,
    end === null ? summary.forever : end === undefined ? undefined : summary.until(dateTime(end)),
  ];
  return `${parts.filter(Boolean).join(', ')}.`;
}
