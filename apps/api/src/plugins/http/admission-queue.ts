/**
 * Who is served when more requests come than can run: the discipline alone, without sockets and timers.
 *
 * A few run at once, the others wait. The newest is served first: what is served is fresh, however many wait. In their
 * order everybody would wait for the whole queue, and be answered when nobody listens any more. Who has waited for
 * `patienceMs` is served before the newest, so that a queue that never empties forgets nobody.
 *
 * Only when `inFlightMax` run and wait and one more comes is the process overloaded, for `calmMs`. While it is, who waits
 * for longer than `overloadedWaitMs` is shed: it is told at once and not served late. Being shed prolongs nothing, or a
 * process that is merely busy could be overloaded for ever.
 */

export interface Entrant {
  /** It has a slot, until `leave` is called for it. */
  run(): void;
  /** It will not be served. */
  shed(): void;
}

export interface AdmissionLimits {
  readonly runningMax: () => number;
  /** Running and waiting: below this nobody is shed. */
  readonly inFlightMax: number;
  /** Without an overload: who has waited for so long is served before the newest. */
  readonly patienceMs: number;
  /** How long an overload lasts after the last arrival that found no place. */
  readonly calmMs: number;
  /** Who has waited for longer during an overload is shed. */
  readonly overloadedWaitMs: number;
  /** Milliseconds that never go back. */
  readonly now: () => number;
}

interface Waiting {
  readonly entrant: Entrant;
  readonly since: number;
}

export class AdmissionQueue {
  readonly #limits: AdmissionLimits;
  readonly #waiting: Waiting[] = [];
  readonly #returning: Entrant[] = [];
  #running = 0;
  #shed = 0;
  #overloadedUntil = Number.NEGATIVE_INFINITY;
  #isServing = false;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length + this.#returning.length;
  }

  /** Since the process began. */
  get shed(): number {
    return this.#shed;
  }

  get isOverloaded(): boolean {
    return this.#limits.now() < this.#overloadedUntil;
  }

  /** Runs it, lets it wait, and sheds the one that has waited longest where there is no place. */
  enter(entrant: Entrant): void {
    const { runningMax, inFlightMax, calmMs, now } = this.#limits;
    if (this.#running < runningMax()) {
      this.#start(entrant);
      return;
    }
    const since = now();
    this.#waiting.push({ entrant, since });
    if (this.#running + this.#waiting.length <= inFlightMax) return;
    this.#overloadedUntil = since + calmMs;
    this.#shedOldest();
  }

  /** For one that had a slot and gave it back for a while: it is served before anybody else, and never shed. */
  reenter(entrant: Entrant): void {
    if (this.#running < this.#limits.runningMax()) this.#start(entrant);
    else this.#returning.push(entrant);
  }

  /** One that ran does so no more. */
  leave(): void {
    this.#running -= 1;
    this.serve();
  }

  /** One that waits does so no more. */
  withdraw(entrant: Entrant): void {
    remove(this.#returning, (candidate) => candidate === entrant);
    remove(this.#waiting, (candidate) => candidate.entrant === entrant);
  }

  /** Sheds who has waited too long in an overload. */
  #shedLate(): void {
    if (!this.isOverloaded) return;
    const earliest = this.#limits.now() - this.#limits.overloadedWaitMs;
    for (
      let [oldest] = this.#waiting;
      oldest !== undefined && oldest.since < earliest;
      [oldest] = this.#waiting
    )
      this.#shedOldest();
  }

  /**
   * Sheds who has waited too long in an overload, and fills the free slots; to be called now and then while somebody waits.
   * One that ends while it is started makes room for the next in the same loop.
   */
  serve(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    this.#shedLate();
    while (this.#running < this.#limits.runningMax()) {
      const next = this.#returning.shift() ?? this.#nextWaiting()?.entrant;
      if (next === undefined) break;
      this.#start(next);
    }
    this.#isServing = false;
  }

  #nextWaiting(): Waiting | undefined {
    const [oldest] = this.#waiting;
    const isOwed = oldest !== undefined && this.#limits.now() - oldest.since >= this.#limits.patienceMs;
    return isOwed ? this.#waiting.shift() : this.#waiting.pop();
  }

  #start(entrant: Entrant): void {
    this.#running += 1;
    entrant.run();
  }

  #shedOldest(): void {
    this.#shed += 1;
    this.#waiting.shift()?.entrant.shed();
  }
}

function remove<T>(list: T[], isIt: (candidate: T) => boolean): void {
  const index = list.findIndex(isIt);
  if (index >= 0) list.splice(index, 1);
}
