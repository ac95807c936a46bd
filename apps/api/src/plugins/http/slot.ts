/** The slot of one request: what it is doing, and the way from each to the next. */
import { NetplaneError } from '@netplane/domain';
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

  /** @returns whether its body may be waited for; `false` when too many are */
  receive(): boolean {
    const keeper = this.#keeper;
    if (this.#state !== 'running') return true;
    if (keeper.receiving >= keeper.receivingMax) return false;
    this.#state = 'receiving';
    keeper.receiving += 1;
    keeper.queue.leave();
    return true;
  }

  /** Its body is there: it lines up with the others. @throws NetplaneError `overloaded` when it is shed */
  async received(): Promise<void> {
    if (this.#state !== 'receiving') return;
    this.#keeper.receiving -= 1;
    this.#state = 'queued';
    await new Promise<void>((resolve, reject) => {
      this.#run = resolve;
      this.#shed = () => reject(new NetplaneError('overloaded'));
      this.#keeper.queue.enter(this);
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
      await this.#return();
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
    if (this.#state !== 'aside') return; // its client has gone: what is left to do is little
    this.#keeper.aside -= 1;
    this.#state = 'returning';
    await new Promise<void>((resolve) => {
      this.#run = resolve;
      this.#keeper.queue.reenter(this);
    });
  }
}
