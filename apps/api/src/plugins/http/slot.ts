/** The slot of one request: what it is doing, and the way from each to the next. */
import { NetplaneError } from '@netplane/domain';
import type { AdmissionQueue, Entrant } from './admission-queue.ts';

/** What the slots of a process share. */
export interface SlotKeeper {
  readonly queue: AdmissionQueue;
  /** Lines up in the queue, which is looked after from then on. */
  readonly enter: (slot: Entrant) => void;
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

  /** All of it has come: it lines up. */
  enter(): void {
    if (this.#state === 'queued') this.#keeper.enter(this);
  }

  /** Its body is on its way: what can be done before that is done without a slot, unless too many bodies are. */
  receive(): void {
    if (this.#state !== 'queued') return;
    if (this.#keeper.receiving >= this.#keeper.receivingMax) {
      this.shed();
      return;
    }
    this.#state = 'receiving';
    this.#keeper.receiving += 1;
    this.#run();
  }

  /** Its body is there: it lines up with the others. @throws NetplaneError `overloaded` when it is shed */
  async received(): Promise<void> {
    if (this.#state !== 'receiving') return;
    this.#keeper.receiving -= 1;
    this.#state = 'queued';
    await new Promise<void>((resolve, reject) => {
      this.#run = resolve;
      this.#shed = () => reject(new NetplaneError('overloaded'));
      this.#keeper.enter(this);
    });
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
