import { access } from 'node:fs/promises';

/** Returns whether the path exists and this process can reach it. */
export const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
