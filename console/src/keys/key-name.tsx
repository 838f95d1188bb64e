import { useText } from '../text';
import { SafeText } from '../ui/safe-text';
import type { Key } from './key';

/** The name of a key, or what stands for it. */
export function KeyName({ apiKey }: { apiKey: Pick<Key, 'name'> }) {
  const { common } = useText();
  return apiKey.name ? <SafeText>{apiKey.name}</SafeText> : common.unnamed;
}
