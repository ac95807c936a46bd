/**
 * How many requests run at once while more would like to: as many as leave the event loop its processor.
 *
 * Each running request keeps a process of the database busy, and where that shares the processor with this one, more of
 * them take it from the loop that has to read, refuse and answer everybody else's. How late the loop's timers are tells
 * so, whatever requests do and wherever the database runs. The limit grows slowly while they are on time and falls by a
 * quarter when they are late, as TCP's congestion window does.
 */

/** One waits for its commit while the other is worked on. */
const RUNNING_MIN = 2;
/** A timer of an idle loop is half a millisecond late. */
const ON_TIME_MS = 0.7;
const LATE_MS = 1.5;
const GROWTH = 0.1;
const KEPT_WHEN_LATE = 0.75;
/** Of a new sample in the average. */
const SAMPLE_WEIGHT = 0.3;

export class RunningLimit {
  readonly #max: number;
  #value: number;
  #latenessMs = 0;

  constructor(max: number) {
    this.#max = max;
    this.#value = max;
  }

  /** A whole number. */
  get value(): number {
    return Math.floor(this.#value);
  }

  /** @param latenessMs how late a timer of the event loop was; to be told at even intervals while requests wait */
  observe(latenessMs: number): void {
    this.#latenessMs += (latenessMs - this.#latenessMs) * SAMPLE_WEIGHT;
    if (this.#latenessMs > LATE_MS)
      this.#value = Math.max(Math.min(RUNNING_MIN, this.#max), this.#value * KEPT_WHEN_LATE);
    else if (this.#latenessMs < ON_TIME_MS) this.#value = Math.min(this.#max, this.#value + GROWTH);
  }
}
