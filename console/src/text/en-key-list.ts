import { callsOf, keysOf } from './en-counts';
import { number } from './format';

export const keys = {
  title: 'API keys',
  used: (used: number, max: number) => `${number(used)} of ${number(max)} used`,
  create: 'Create key',
  emptyTitle: 'No keys yet',
  empty: (product: string) =>
    `An API key lets a program use ${product} on your behalf. Create one for each program, so that you can revoke it alone.`,
  limitReached: (used: number, max: number) => `${number(used)} of ${number(max)} used. Revoke a key to create another.`,
  tableLabel: 'API keys',
  columns: { name: 'Name', status: 'Status', lastUsed: 'Last used', use: 'Use, 30 days', expires: 'Expires', actions: 'Actions' },
  neverUsed: 'Never used',
  rotate: 'Rotate',
  revoke: 'Revoke',
  edit: 'Edit',
  switchOff: 'Switch off',
  switchOn: 'Switch on',
  endsSoon: (when: string) => `ends ${when}. Rotate it, or give it more time.`,
  moreEndSoon: (count: number) => `${keysOf(count)} more end soon.`,
  replacedBy: 'Replaced by',
  callsIn30Days: (allowed: number, rejected: number) =>
    `${callsOf(allowed)} allowed${rejected > 0 ? `, ${number(rejected)} rejected` : ''} in 30 days`,
  createdBy: (who: string) => `Created by ${who}`,
  status: { ACTIVE: 'Active', DISABLED: 'Off', EXPIRED: 'Expired', REVOKED: 'Revoked', ROTATING: 'Being replaced' },
  endsIn: (length: string) => `Ends in ${length}`,
  revoked: (name: string) => `Revoked ${name}.`,
  switchedOff: (name: string) => `Switched off ${name}.`,
  switchedOn: (name: string) => `Switched on ${name}.`,
  saved: (name: string) => `Saved ${name}.`,
};
