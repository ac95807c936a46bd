/**
 * Hands events from a producer that cannot wait (a socket, a store's notification) to one `for await` consumer.
 * Leaving the loop, or calling `return()` while a `next()` is pending, runs `onClose` at once: an async generator
 * would only do so after the pending event came.
 */
export class EventQueue<T> implements AsyncIterableIterator<T> {
  #events: T[] = [];
  /** Events before this one are taken; they are dropped all at once, since `shift` on a long array is slow. */
  #taken = 0;
  #waiting: { resolve: (result: IteratorResult<T>) => void; reject: (error: unknown) => void } | undefined;
  #end: { readonly error: unknown } | 'done' | undefined;
  readonly #onClose: () => void;
  readonly #onDrained: () => void;

  /** `onClose` runs once, when either side ends; `onDrained` each time the consumer has taken all events. */
  constructor(onClose: () => void, onDrained: () => void = () => {}) {
    this.#onClose = onClose;
    this.#onDrained = onDrained;
  }

  get size(): number {
    return this.#events.length - this.#taken;
  }

  push(event: T): void {
    if (this.#end !== undefined) return;
    if (this.#waiting === undefined) {
      this.#events.push(event);
      return;
    }
    this.#waiting.resolve({ done: false, value: event });
    this.#waiting = undefined;
  }

  /** The producer is finished: events already queued are still delivered, then the loop ends. */
  end(): void {
    this.#finish('done');
  }

  /** As `end`, but the consumer's loop throws `error` after the events already queued. */
  fail(error: unknown): void {
    this.#finish({ error });
  }

  next(): Promise<IteratorResult<T>> {
    const event = this.#events[this.#taken];
    if (event !== undefined) {
      this.#taken += 1;
      if (this.size === 0) {
        this.#events = [];
        this.#taken = 0;
        this.#onDrained();
      }
      return Promise.resolve({ done: false, value: event });
    }
    if (this.#end !== undefined) return this.#answerEnd(this.#end);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<T>> {
    this.#events = [];
    this.#taken = 0;
    this.#finish('done');
    this.#end = 'done';
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #finish(end: { readonly error: unknown } | 'done'): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) this.#answerEnd(end).then(waiting.resolve, waiting.reject);
    this.#onClose();
  }

  /** An error is thrown once; asking again finds an ended queue. */
  #answerEnd(end: { readonly error: unknown } | 'done'): Promise<IteratorResult<T>> {
    this.#end = 'done';
    if (end === 'done') return Promise.resolve({ done: true, value: undefined });
    return Promise.reject(end.error);
  }
}
