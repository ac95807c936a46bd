/**
 * How many requests run at once while more would like to: as many as leave the event loop its processor.
 *
 * Each running request keeps a process of the database busy, and where that shares the processor with this one, more of
 * them take it from the loop that has to read, refuse and answer everybody else's. How late the loop's timers are tells
 * so, whatever requests do and wherever the database runs. The limit grows by ten a second while they are on time and falls
 * by a quarter when they are late, as TCP's congestion window does: rarely while everybody will be served, where it is
 * throughput that counts, and soon in an overload, where who is served should be served at once.
 */

interface Course {
  readonly min: number;
  /** A timer of an idle loop is half a millisecond late. */
  readonly onTimeMs: number;
  readonly lateMs: number;
  readonly growth: number;
}

const calm: Course = { min: 4, onTimeMs: 1.5, lateMs: 3, growth: 0.1 };
/** One of two waits for its commit while the other is worked on. */
const pressed: Course = { min: 2, onTimeMs: 0.7, lateMs: 1.5, growth: 0.1 };
const KEPT_WHEN_LATE = 0.75;
/** Enough for two cores; a crowd that comes to an idle process shall not run at once. */
const AT_FIRST = 8;
/** Of a new sample in the average. */
const SAMPLE_WEIGHT = 0.3;

export class RunningLimit {
  readonly #max: number;
  #value: number;
  #latenessMs = 0;

  constructor(max: number) {
    this.#max = max;
    this.#value = Math.min(AT_FIRST, max);
  }

  /** A whole number. */
  get value(): number {
    return Math.floor(this.#value);
  }

  /**
   * To be told at even intervals while requests wait.
   * @param latenessMs how late a timer of the event loop was
   */
  observe(latenessMs: number, isPressed: boolean): void {
    const { min, onTimeMs, lateMs, growth } = isPressed ? pressed : calm;
    this.#latenessMs += (latenessMs - this.#latenessMs) * SAMPLE_WEIGHT;
    if (this.#latenessMs > lateMs) this.#value *= KEPT_WHEN_LATE;
    else if (this.#latenessMs < onTimeMs) this.#value += growth;
    this.#value = Math.min(Math.max(this.#value, min), this.#max);
  }
}
