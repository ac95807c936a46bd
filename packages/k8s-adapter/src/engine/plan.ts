/**
 * Decides what to do with each slot. Pure: desired objects, our rows and what is on the cluster in; actions out.
 *
 * | desired | our row | on the cluster                | action                                    |
 * |---------|---------|-------------------------------|-------------------------------------------|
 * | yes     | no      | nothing                       | create (or hold)                          |
 * | yes     | no      | something                     | conflict                                  |
 * | yes     | no uid  | nothing                       | create (or hold)                          |
 * | yes     | no uid  | with our labels               | claim: the answer of our POST was lost    |
 * | yes     | no uid  | something else                | conflict                                  |
 * | yes     | uid     | nothing                       | recreate: somebody deleted it             |
 * | yes     | uid     | the same uid                  | nothing, or apply where it drifted        |
 * | held    | uid     | the same uid                  | nothing: it stays as it is                |
 * | yes     | uid     | the same uid, being deleted   | wait, then recreate                       |
 * | yes     | uid     | another uid                   | conflict                                  |
 * | adopt   | no      | something                     | adopt: record it, change nothing          |
 * | adopt   | any     | nothing                       | hold                                      |
 * | no      | any     | nothing, or another uid       | forget                                    |
 * | no      | adopted | something                     | forget: it was never ours to delete       |
 * | no      | uid     | the same uid                  | delete (once it has its finalizer), wait  |
 */
import type { KubeObject, KubeType } from '../client/kube-object.ts';
import { carriesOwner, type Owner } from '../manifest/labels.ts';
import type { DesiredObject, Slot } from './desired.ts';
import { saysTheSame } from './same-meaning.ts';

/** The part of a `cluster_object` row that decisions need. */
export interface OwnedRow {
  readonly id: number;
  readonly slot: string;
  readonly name: string;
  readonly namespace: string | null;
  readonly uid: string | null;
  readonly origin: 'created' | 'adopted';
  readonly type: KubeType;
  readonly createOnce: boolean;
  /** Seconds since it was written, by the database's clock; `null` where nobody asked. */
  readonly ageSeconds: number | null;
}

export type Action =
  | { readonly do: 'create'; readonly desired: DesiredObject; readonly row: OwnedRow | null }
  | { readonly do: 'recreate'; readonly desired: DesiredObject; readonly row: OwnedRow }
  | {
      readonly do: 'claim';
      readonly desired: DesiredObject;
      readonly row: OwnedRow;
      readonly seen: KubeObject;
    }
  | {
      readonly do: 'apply';
      readonly desired: DesiredObject;
      readonly row: OwnedRow;
      readonly seen: KubeObject;
    }
  | { readonly do: 'nothing'; readonly slot: string; readonly seen: KubeObject }
  | { readonly do: 'hold'; readonly desired: DesiredObject; readonly wasThere: boolean }
  | { readonly do: 'adopt'; readonly desired: DesiredObject; readonly seen: KubeObject }
  | { readonly do: 'conflict'; readonly slot: string; readonly seen: KubeObject }
  | { readonly do: 'wait-terminating'; readonly slot: string; readonly seen: KubeObject }
  | { readonly do: 'delete'; readonly row: OwnedRow; readonly seen: KubeObject }
  | { readonly do: 'wait-finalizer'; readonly row: OwnedRow; readonly seen: KubeObject }
  | { readonly do: 'wait-gone'; readonly row: OwnedRow; readonly seen: KubeObject }
  | { readonly do: 'forget'; readonly row: OwnedRow };

export interface PlanInput {
  readonly owner: Owner;
  readonly slots: readonly Slot[];
  readonly desired: readonly DesiredObject[];
  readonly rows: readonly OwnedRow[];
  /** By slot, under the name of the row or the name that the slot would get. */
  readonly seen: ReadonlyMap<string, KubeObject>;
  /** RFC 3339, by the database's clock. */
  readonly now: string;
}

/** After so long without a finalizer the controller has refused the object: there is nothing that could leak. */
const FINALIZER_PATIENCE_SECONDS = 30;

/** With a conflict nothing else is written: Kube-OVN would rebind what is somebody else's. */
export function planActions(input: PlanInput): readonly Action[] {
  const rowOf = new Map(input.rows.map((row) => [row.slot, row]));
  const wanted = input.desired.flatMap((desired) => planDesired(input, desired, rowOf.get(desired.slot)));
  const isDesired = new Set(input.desired.map((desired) => desired.slot));
  const unwanted = input.rows
    .filter((row) => !isDesired.has(row.slot))
    .map((row) => planUnwanted(input, row));
  const actions = [...wanted, ...unwanted];
  return actions.some((action) => action.do === 'conflict') ? actions.filter(isHarmless) : actions;
}

/** Beyond so many writes their number says enough. */
const WRITES_NAMED_MAX = 20;

/** A plan in words, with what follows after what it waits for: numbers for everybody, names for operators. */
export function describePlan(actions: readonly Action[]): {
  readonly params: Readonly<Record<'create' | 'change' | 'delete', number>>;
  readonly operator_detail?: string;
} {
  const writes = listWrites(actions);
  const count = (wanted: string) => writes.filter(({ verb }) => verb === wanted).length;
  const params = { create: count('create'), change: count('change'), delete: count('delete') };
  if (writes.length === 0) return { params };
  const named = writes
    .slice(0, WRITES_NAMED_MAX)
    .map(({ verb, kind, metadata }) => `${verb} ${kind} ${metadata.name}`);
  return { params, operator_detail: named.join(', ') };
}

/** Every write of a plan, and those that follow after what they wait for. */
export function listWrites(actions: readonly Action[]): readonly PlannedWrite[] {
  return actions.flatMap((action) => [...writesOf(action), ...laterWritesOf(action)]);
}

export interface PlannedWrite {
  readonly verb: 'create' | 'change' | 'delete';
  readonly kind: string;
  readonly metadata: KubeObject['metadata'];
}

function writesOf(action: Action): readonly PlannedWrite[] {
  switch (action.do) {
    case 'create':
    case 'recreate':
      return [{ verb: 'create', ...action.desired.object }];
    case 'apply':
      return [{ verb: 'change', ...action.desired.object }];
    case 'delete':
      return [{ verb: 'delete', ...action.seen }];
    default:
      return [];
  }
}

function laterWritesOf(action: Action): readonly PlannedWrite[] {
  if (action.do !== 'hold' || action.wasThere || action.desired.presence === 'adopt') return [];
  const { slot, object } = action.desired;
  // a held object may have no more than its name yet
  return [{ verb: 'create', kind: object.kind === '' ? slot : object.kind, metadata: object.metadata }];
}

/** Actions that write to the cluster. */
function isWrite(action: Action): boolean {
  return writesOf(action).length > 0;
}

/** Deletes of live objects and new incarnations, which an API call should have asked for. */
export function isDisruption(action: Action): boolean {
  return action.do === 'delete';
}

function isHarmless(action: Action): boolean {
  return !isWrite(action);
}

function planDesired(input: PlanInput, desired: DesiredObject, row: OwnedRow | undefined): readonly Action[] {
  const seen = input.seen.get(desired.slot);
  if (row === undefined) {
    if (seen === undefined) return planCreate(desired, null, false);
    return [
      desired.presence === 'adopt' || desired.presence === 'ensure-or-adopt'
        ? { do: 'adopt', desired, seen }
        : { do: 'conflict', slot: desired.slot, seen },
    ];
  }
  if (seen === undefined) return planCreate(desired, row, row.uid !== null);
  if (row.uid === null) {
    const isOurs = row.origin === 'adopted' || carriesOwner(seen, input.owner);
    return [isOurs ? { do: 'claim', desired, row, seen } : { do: 'conflict', slot: row.slot, seen }];
  }
  if (seen.metadata.uid !== row.uid) return [{ do: 'conflict', slot: row.slot, seen }];
  if (seen.metadata.deletionTimestamp !== undefined)
    return [{ do: 'wait-terminating', slot: row.slot, seen }];
  const isLeftAlone = desired.hold !== null || row.origin === 'adopted' || row.createOnce;
  const isSettled = isLeftAlone || saysTheSame(desired.object, seen);
  return [isSettled ? { do: 'nothing', slot: row.slot, seen } : { do: 'apply', desired, row, seen }];
}

function planCreate(desired: DesiredObject, row: OwnedRow | null, wasThere: boolean): readonly Action[] {
  if (desired.presence === 'keep') return row === null ? [] : [{ do: 'forget', row }];
  if (desired.hold !== null || desired.presence === 'adopt') {
    const hold: Action = { do: 'hold', desired, wasThere };
    return wasThere && row !== null ? [{ do: 'forget', row }, hold] : [hold];
  }
  if (wasThere && row !== null) return [{ do: 'recreate', desired, row }];
  return [{ do: 'create', desired, row }];
}

function planUnwanted(input: PlanInput, row: OwnedRow): Action {
  const seen = input.seen.get(row.slot);
  if (seen === undefined || row.origin === 'adopted') return { do: 'forget', row };
  const isOurs = row.uid === null ? carriesOwner(seen, input.owner) : seen.metadata.uid === row.uid;
  if (!isOurs) return { do: 'forget', row };
  if (seen.metadata.deletionTimestamp !== undefined) return { do: 'wait-gone', row, seen };
  return row.createOnce && isUnderWay(row, seen, input.now)
    ? { do: 'wait-finalizer', row, seen }
    : { do: 'delete', row, seen };
}

/**
 * Kube-OVN 1.16 leaks the NAT row of an object that is deleted before its finalizer is there (kubeovn/kube-ovn#7405).
 * An object is young with its row, whatever the cluster's clock says; one whose POST arrived late is so by that clock,
 * where it is near the database's.
 */
function isUnderWay(row: OwnedRow, { metadata, status }: KubeObject, now: string): boolean {
  if ((metadata.finalizers ?? []).length > 0 || status?.ready === true) return false;
  if (row.ageSeconds !== null && row.ageSeconds < FINALIZER_PATIENCE_SECONDS) return true;
  const objectAge = (Date.parse(now) - Date.parse(metadata.creationTimestamp ?? now)) / 1_000;
  return Math.abs(objectAge) < FINALIZER_PATIENCE_SECONDS;
}
