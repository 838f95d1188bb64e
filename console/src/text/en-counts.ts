import { number } from './format';

export const keysOf = (count: number): string => (count === 1 ? '1 key' : `${number(count)} keys`);
export const callsOf = (count: number): string => (count === 1 ? '1 call' : `${number(count)} calls`);
