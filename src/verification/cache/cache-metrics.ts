import { Counter, Gauge, type Registry } from 'prom-client';

/** What the metrics read from the cache when they are collected. */
export interface CacheState {
  readonly counts: { readonly hits: number; readonly misses: number; readonly reads: number; readonly resets: number };
  readonly size: number;
  readonly isTrusted: boolean;
}

/** Registers the metrics of the cache. They cost nothing until they are collected. */
export function registerCacheMetrics(registry: Registry, state: CacheState): void {
  const registers = [registry];
  const counters = {
    hits: ['keyward_verification_cache_hits_total', 'Verifications answered from memory after a read of the changes.'],
    misses: ['keyward_verification_cache_misses_total', 'Verifications answered from a row that was read, or by its absence.'],
    reads: ['keyward_verification_cache_reads_total', 'Reads of the changes, each for all verifications that waited.'],
    resets: ['keyward_verification_cache_resets_total', 'Times that the cache was emptied.'],
  } as const;
  for (const [count, [name, help]] of Object.entries(counters)) {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(state.counts[count as keyof typeof counters]);
      },
    });
  }
  new Gauge({
    name: 'keyward_verification_cache_keys',
    help: 'Keys in the cache.',
    registers,
    collect() {
      this.set(state.size);
    },
  });
  new Gauge({
    name: 'keyward_verification_cache_enabled',
    help: '1 while the cache is used, 0 while every verification reads its row: VERIFICATION_CACHE_KEYS is 0, or a trigger is missing.',
    registers,
    collect() {
      this.set(state.isTrusted ? 1 : 0);
    },
  });
}
