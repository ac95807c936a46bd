import type { ApiContext } from './api/context.ts';
import type { ListSnapshots } from './api/list-objects.ts';
import type { WatchHub } from './api/watch-hub.ts';
import type { Northbound } from './controllers/northbound.ts';
import type { ControllerRuntime } from './controllers/runtime.ts';
import type { Fault, Faults } from './faults.ts';
import type { Ledger, LedgerView } from './ledger.ts';
import { withMetadata } from './sim-object.ts';

/** What a test turns to make the cluster misbehave. The same over HTTP under `/simulator/` (see `http/knob-routes.ts`). */
export interface Knobs {
  /** Milliseconds between a change and what a controller makes of it, from now on. */
  setControllerDelay(delayMs: number): void;
  stopControllers(): void;
  /** Like a restart: every object is taken for a new one, and Terminating EIPs and NAT rules wait to be touched. */
  startControllers(): void;
  /** Resolves when the controllers have nothing left to do but retries of what cannot be done. */
  settled(): Promise<void>;
  failNext(fault: Fault): void;
  clearFaults(): void;
  closeWatches(): void;
  silenceWatches(on: boolean): void;
  /** The next `count` watches are answered 410 `Expired`. */
  expireWatches(count: number): void;
  /**
   * The cluster comes back empty: every object is lost without an event, what a fresh cluster has is there again, and
   * `kube-system` keeps its uid.
   */
  loseObjects(): void;
  /** `kube-system` gets another uid: this is now another cluster. Answers the new one. */
  changeIdentity(): string;
  readLedger(): LedgerView;
  resetLedger(): void;
}

interface KnobParts {
  readonly api: ApiContext;
  readonly controllers: ControllerRuntime;
  readonly watches: WatchHub;
  readonly faults: Faults;
  readonly ledger: Ledger;
  readonly northbound: Northbound;
  readonly snapshots: ListSnapshots;
  readonly seed: () => void;
}

const IDENTITY = 'kube-system';

export function createKnobs(parts: KnobParts): Knobs {
  const { api, controllers, watches, faults, ledger, northbound, snapshots, seed } = parts;
  return {
    setControllerDelay: (delayMs) => controllers.setDelay(delayMs),
    stopControllers: () => controllers.stop(),
    startControllers: () => controllers.start(),
    settled: () => controllers.settled(),
    failNext: (fault) => faults.failNext(fault),
    clearFaults: () => faults.clear(),
    closeWatches: () => watches.closeAll(),
    silenceWatches: (on) => watches.silence(on),
    expireWatches: (count) => watches.expireNext(count),
    loseObjects: () => {
      const wasRunning = controllers.isRunning;
      controllers.stop();
      api.store.wipe(({ kind, metadata }) => kind === 'Namespace' && metadata.name === IDENTITY);
      northbound.clear();
      snapshots.clear();
      seed();
      watches.closeAll();
      api.store.forgetHistory();
      if (wasRunning) controllers.start();
    },
    changeIdentity: () => {
      const uid = api.newUid();
      const current = api.store.get('Namespace', IDENTITY);
      if (current === undefined) throw new Error(`the simulator has no Namespace ${IDENTITY}`);
      const { object, managers } = current;
      api.store.put(withMetadata(object, { ...object.metadata, uid }), managers);
      return uid;
    },
    readLedger: () => ledger.view(),
    resetLedger: () => ledger.reset(),
  };
}
