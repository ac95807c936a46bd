/**
 * How often each key came within its window. The plugin's own store asks the wall clock: where that is set back by an
 * hour, whoever was refused then stays refused for an hour.
 */
import type rateLimit from '@fastify/rate-limit';
import { LRUCache } from 'lru-cache';

interface Window {
  count: number;
  endsAt: number;
}

type Store = rateLimit.FastifyRateLimitStore;

/**
 * @param keysMax the longest unseen is forgotten first
 * @param clock monotonic milliseconds
 */
export function createRateLimitStore(
  keysMax: number,
  clock: () => number = () => performance.now(),
): rateLimit.FastifyRateLimitStoreCtor {
  return class WindowStore implements Store {
    readonly #windows = new LRUCache<string, Window>({ max: keysMax });

    incr(key: string, callback: Parameters<Store['incr']>[1], timeWindow: number): void {
      const now = clock();
      const known = this.#windows.get(key);
      const window =
        known !== undefined && now < known.endsAt ? known : { count: 0, endsAt: now + timeWindow };
      window.count += 1;
      if (window !== known) this.#windows.set(key, window);
      callback(null, { current: window.count, ttl: window.endsAt - now });
    }

    child(): Store {
      return new WindowStore();
    }
  };
}
