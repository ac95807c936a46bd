import type { ObjectKey, SimObject } from '../sim-object.ts';
import type { Store } from '../store/store.ts';
import type { Ipam } from './ipam.ts';
import type { Northbound } from './northbound.ts';

/** What controllers are started with on a real cluster. */
export interface ControllerSettings {
  readonly defaultVpc: string;
  readonly defaultSubnet: string;
  readonly joinSubnet: string;
  /** `--external-gateway-switch`: the external Subnet of a Vpc that names none. */
  readonly externalSubnet: string;
}

export const defaultSettings: ControllerSettings = {
  defaultVpc: 'ovn-cluster',
  defaultSubnet: 'ovn-default',
  joinSubnet: 'join',
  externalSubnet: 'external',
};

/** The cluster as a handler reads it. */
export interface ClusterView {
  readonly settings: ControllerSettings;
  readonly northbound: Pick<Northbound, 'hasRouter' | 'hasSnat'>;
  readonly ipam: Ipam;
  get(kind: string, key: ObjectKey): SimObject | undefined;
  all(kind: string): readonly SimObject[];
  /** Objects under a value of an index (see `store/indexes.ts`), in the order of their keys. */
  find(kind: string, index: string, value: string): readonly SimObject[];
  count(kind: string, index: string, value: string): number;
  /** Now, as status conditions say it. */
  now(): string;
}

interface ViewOptions {
  readonly store: Store;
  readonly settings: ControllerSettings;
  readonly northbound: Northbound;
  readonly ipam: Ipam;
  readonly now: () => string;
}

export function createClusterView(options: ViewOptions): ClusterView {
  const { store, settings, northbound, ipam, now } = options;
  const objectsAt = (kind: string, keys: Iterable<ObjectKey>): readonly SimObject[] => {
    const collection = store.collection(kind);
    return [...keys].map((key) => collection.get(key)?.object).filter((object) => object !== undefined);
  };
  return {
    settings,
    northbound,
    ipam,
    now,
    get: (kind, key) => store.get(kind, key)?.object,
    all: (kind) => objectsAt(kind, store.collection(kind).sortedKeys()),
    find: (kind, index, value) => objectsAt(kind, [...store.collection(kind).keysAt(index, value)].sort()),
    count: (kind, index, value) => store.collection(kind).keysAt(index, value).size,
  };
}
