import { randomUUID } from 'node:crypto';
import type { ApiContext } from './api/context.ts';
import { timestampOf } from './api/context.ts';
import { createObject } from './api/create-object.ts';
import { createListSnapshots, type ListSnapshots } from './api/list-objects.ts';
import { createWatchHub, type WatchHub } from './api/watch-hub.ts';
import { allControllers } from './controllers/all-controllers.ts';
import { type ControllerSettings, createClusterView, defaultSettings } from './controllers/cluster-view.ts';
import { createIpam } from './controllers/ipam.ts';
import { createNorthbound, type Northbound } from './controllers/northbound.ts';
import { type ControllerRuntime, createControllerRuntime } from './controllers/runtime.ts';
import { type Scheduler, timers } from './controllers/scheduler.ts';
import { createFaults, type Faults } from './faults.ts';
import { type CrdTable, createKindTable, type KindTable, loadCrdTable } from './kinds.ts';
import { createKnobs, type Knobs } from './knobs.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { createFieldSetPool } from './ownership/field-set.ts';
import { defaultSeed, type SeedOptions, seedObjects } from './seed.ts';
import { loadJournal, memoryOnly, openJournal } from './store/journal.ts';
import { Store } from './store/store.ts';

export interface SimulatorOptions {
  /** Where objects are journalled; without it they live in memory only. */
  readonly directory?: string;
  readonly seed?: Partial<SeedOptions>;
  readonly settings?: Partial<ControllerSettings>;
  /** Between a change and what a controller makes of it. Default 20 ms. */
  readonly controllerDelayMs?: number;
  /** First and longest wait of a controller before it tries again. Default 50 and 2,000 ms. */
  readonly retryMinMs?: number;
  readonly retryMaxMs?: number;
  /** Between two bookmarks of a watch. Default 10 s. */
  readonly bookmarkMs?: number;
  /** Changes per kind that a watch may go back. Default 10,000. */
  readonly historyLimit?: number;
  readonly clock?: () => Date;
  readonly newUid?: () => string;
  readonly scheduler?: Scheduler;
  readonly log?: (message: string) => void;
}

/** A cluster in this process: mount it with `createInProcessClient`, or serve it with `startSimulator`. */
export interface Simulator {
  readonly api: ApiContext;
  readonly kinds: KindTable;
  readonly snapshots: ListSnapshots;
  readonly watches: WatchHub;
  readonly faults: Faults;
  readonly ledger: Ledger;
  readonly controllers: ControllerRuntime;
  readonly knobs: Knobs;
  /** Ends watches and controllers and closes the journal. */
  close(): void;
}

/** Loads or seeds the cluster and starts its controllers. Throws when the directory's journal is damaged. */
export function createSimulator(options: SimulatorOptions = {}): Simulator {
  const clock = options.clock ?? (() => new Date());
  const crds = loadCrdTable();
  const kinds = createKindTable(crds);
  const api = createApi(options, { kinds, clock });
  const seed = (): void => plantSeed(api, { ...defaultSeed, ...options.seed }, crds);
  if (api.store.get('Namespace', 'kube-system') === undefined) seed();
  api.store.forgetHistory();
  const objectsOf = (kind: string) => [...api.store.collection(kind).values()].map(({ object }) => object);
  const northbound = createNorthbound(objectsOf('Vpc'), objectsOf('OvnSnatRule'));
  const controllers = createControllers(api, northbound, options);
  controllers.start();
  const watches = createWatchHub(api.store, { bookmarkMs: options.bookmarkMs ?? 10_000 });
  const faults = createFaults();
  const ledger = createLedger(clock);
  const snapshots = createListSnapshots();
  const knobs = createKnobs({ api, controllers, watches, faults, ledger, northbound, snapshots, seed });
  return {
    api,
    kinds,
    snapshots,
    watches,
    faults,
    ledger,
    controllers,
    knobs,
    close: () => {
      controllers.stop();
      watches.stop();
      api.store.close();
    },
  };
}

function createApi(
  options: SimulatorOptions,
  { kinds, clock }: { readonly kinds: KindTable; readonly clock: () => Date },
): ApiContext {
  const fieldSets = createFieldSetPool();
  const { directory } = options;
  const nothing = { resourceVersion: 0, objects: [] };
  const loaded = directory === undefined ? nothing : loadJournal(directory, fieldSets);
  const journal = directory === undefined ? memoryOnly : openJournal(directory, loaded);
  const store = new Store({ kinds, journal, loaded, historyLimit: options.historyLimit ?? 10_000 });
  return { store, kinds, fieldSets, clock, newUid: options.newUid ?? randomUUID };
}

function createControllers(
  api: ApiContext,
  northbound: Northbound,
  options: SimulatorOptions,
): ControllerRuntime {
  const { store, kinds } = api;
  const view = createClusterView({
    store,
    settings: { ...defaultSettings, ...options.settings },
    northbound,
    ipam: createIpam(),
    now: () => timestampOf(api.clock()),
  });
  return createControllerRuntime({
    api,
    view,
    northbound,
    controllers: allControllers(kinds),
    scheduler: options.scheduler ?? timers,
    log: options.log ?? (() => {}),
    delayMs: options.controllerDelayMs ?? 20,
    retryMinMs: options.retryMinMs ?? 50,
    retryMaxMs: options.retryMaxMs ?? 2_000,
  });
}

function plantSeed(api: ApiContext, seed: SeedOptions, crds: CrdTable): void {
  for (const body of seedObjects(seed, crds)) {
    const kind = api.kinds.get(String(body.kind));
    if (kind === undefined)
      throw new Error(`the seed has an object of an unknown kind: ${String(body.kind)}`);
    if (api.store.get(kind.kind, String(metadataName(body))) !== undefined) continue;
    createObject(api, { kind, namespace: null, body, manager: 'kube-apiserver', strict: true });
  }
}

function metadataName(body: Readonly<Record<string, unknown>>): unknown {
  const { metadata } = body;
  return typeof metadata === 'object' && metadata !== null && 'name' in metadata ? metadata.name : undefined;
}
