import type { AuditAction } from '../gql/graphql';
import { common, element, problems } from './en-common';
import { keyAudit, rejections } from './en-key-audit';
import { revoke, rotate, shown } from './en-key-dialogs';
import { form, summary } from './en-key-form';
import { keys } from './en-key-list';
import { detail, events, usage } from './en-key-page';

/** The texts of the views of keys, which the element shows too, in English. */
export const enKeys = {
  audit: keyAudit as Partial<Record<AuditAction, string>>,
  rejections,
  common,
  problems,
  keys,
  form,
  summary,
  shown,
  rotate,
  revoke,
  detail,
  usage,
  events,
  element,
};

export type KeyMessages = typeof enKeys;
