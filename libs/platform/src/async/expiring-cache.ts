import { LRUCache } from 'lru-cache';

/** How long entries are kept (ms), and the limits of the cache. */
type ExpiringCacheOptions<V extends object | string | true> = LRUCache.Options<string, V, unknown> & {
  readonly ttl: number;
};

/**
 * A cache whose entries expire, for look-ups on the way of every request. Each look-up reads the clock. By default the first one in
 * a millisecond starts a timer instead, which wakes the process: that costs ten times as much.
 */
export function expiringCache<V extends object | string | true>(
  options: ExpiringCacheOptions<V>,
): LRUCache<string, V> {
  return new LRUCache<string, V>({ ...options, ttlResolution: 0 });
}
