/** The slot of one request: what it is doing, and the way from each to the next. */
import type { AdmissionQueue, Entrant } from './admission-queue.ts';

/** What the slots of a process share. */
export interface SlotKeeper {
  readonly queue: AdmissionQueue;
  readonly receivingMax: number;
  /** Requests whose body is on its way. */
  receiving: number;
  /** Requests that wait for their worker. */
  aside: number;
}

type State = 'queued' | 'running' | 'receiving' | 'aside' | 'returning' | 'over';

export class Slot implements Entrant {
  readonly #keeper: SlotKeeper;
  #state: State = 'queued';
  /** What happens when its turn comes, and when it does not. */
  #run: () => void;
  #shed: () => void;

  constructor(keeper: SlotKeeper, serve: () => void, refuse: () => void) {
    this.#keeper = keeper;
    this.#run = serve;
    this.#shed = refuse;
  }

  run(): void {
    this.#state = 'running';
    this.#run();
  }

  shed(): void {
    this.#state = 'over';
    this.#shed();
  }

  get isReceiving(): boolean {
    return this.#state === 'receiving';
  }

  /** Whether one more body may be waited for. */
  get mayReceive(): boolean {
    return this.#keeper.receiving < this.#keeper.receivingMax;
  }

  /** Its body is on its way: others may have its slot meanwhile. */
  receive(): void {
    if (this.#state !== 'running') return;
    this.#state = 'receiving';
    this.#keeper.receiving += 1;
    this.#keeper.queue.leave();
  }

  /** Its body is there: it comes back before everybody else. */
  async received(): Promise<void> {
    if (this.#state !== 'receiving') return;
    this.#keeper.receiving -= 1;
    await this.#return();
  }

  /** Does what takes its time without a slot. What was done before is done: it is never shed afterwards. */
  async aside<T>(work: () => Promise<T>): Promise<T> {
    if (this.#state !== 'running') return work();
    this.#state = 'aside';
    this.#keeper.aside += 1;
    this.#keeper.queue.leave();
    try {
      return await work();
    } finally {
      if (this.#state === 'aside') {
        this.#keeper.aside -= 1;
        await this.#return();
      } // else its client has gone: what is left to do is little
    }
  }

  /** It is answered, or its client has gone. */
  end(): void {
    const { queue } = this.#keeper;
    const state = this.#state;
    this.#state = 'over';
    if (state === 'running') queue.leave();
    else if (state === 'queued') queue.withdraw(this);
    else if (state === 'receiving') this.#keeper.receiving -= 1;
    else if (state === 'aside') this.#keeper.aside -= 1;
    else if (state === 'returning') {
      queue.withdraw(this);
      this.#run();
    }
  }

  async #return(): Promise<void> {
    this.#state = 'returning';
    await new Promise<void>((resolve) => {
      this.#run = resolve;
      this.#keeper.queue.reenter(this);
    });
  }
}
