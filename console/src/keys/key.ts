import type { KeyFieldsFragment } from '../gql/graphql';
import type { KeyMessages } from '../text';
import { visibleText } from '../ui/safe-text';

export type Key = KeyFieldsFragment;

/** Returns the name for titles and labels: the prefix if there is no name. */
export const nameOf = ({ name, keyPrefix }: Pick<Key, 'name' | 'keyPrefix'>): string => (name ? visibleText(name) : keyPrefix);

/** Whether the key can still be used or switched on again. */
export const isUsable = ({ status }: Pick<Key, 'status'>): boolean => status !== 'REVOKED' && status !== 'EXPIRED';

/** Whether the settings can be changed. A key that is being replaced can only be revoked. */
export const isEditable = ({ status }: Pick<Key, 'status'>): boolean => status === 'ACTIVE' || status === 'DISABLED';

/** Returns the time at which the key stops working: the earlier of its own expiry and what the policy permits. */
export const endOf = ({ effective }: Pick<Key, 'effective'>): string | null => effective.expiresAt ?? null;

/** Returns "minute", "day" or "90 seconds". */
export const windowOf = (seconds: number, { form }: KeyMessages): string => form.units[seconds] ?? form.seconds(seconds);
