/** Carries out a plan: rows before calls, uids after answers, nothing once the lease is too short. */
import type { KubeClient } from '../client/kube-client.ts';
import { isKubeError, KubeError } from '../client/kube-error.ts';
import type { KubeObject, KubeRef } from '../client/kube-object.ts';
import { carriesOwner, type Owner } from '../manifest/labels.ts';
import type { DesiredObject, Slot, SlotOutcome } from './desired.ts';
import type { Action, OwnedRow } from './plan.ts';

/** The rows of what we own, kept in the database by the worker. */
export interface ObjectLedger {
  /**
   * Writes the row of an object that is about to be made; the next incarnation where the slot had one before.
   * `undefined` when the name is another row's.
   */
  register(slot: Slot): Promise<OwnedRow | undefined>;
  /** Writes the row of an object that is used as it is. */
  adopt(slot: Slot, object: KubeObject): Promise<void>;
  recordUid(row: OwnedRow, uid: string): Promise<void>;
  /** Only after a live 404 (or another uid) of the cluster with the recorded identity. */
  recordGone(row: OwnedRow): Promise<void>;
}

export interface ApplyContext {
  readonly client: KubeClient;
  readonly ledger: ObjectLedger;
  readonly owner: Owner;
  readonly slots: readonly Slot[];
  readonly signal: AbortSignal;
  /** How long a single call may take. */
  readonly timeoutMs: number;
  /** Throws when the work's lease does not outlive another call. */
  readonly assertLease: () => void;
  /** Throws when the cluster is not the one that the rows speak of; asked before anything counts as gone. */
  readonly assertIdentity: () => Promise<void>;
}

/**
 * Independent actions run side by side: builders hold back what depends on something else.
 * @throws KubeError when the cluster is away or overloaded: the work is tried again
 */
export async function applyActions(
  ctx: ApplyContext,
  actions: readonly Action[],
): Promise<readonly SlotOutcome[]> {
  const outcomes = await Promise.all(actions.map((action) => perform(ctx, action)));
  return outcomes.filter((outcome) => outcome !== undefined);
}

async function perform(ctx: ApplyContext, action: Action): Promise<SlotOutcome | undefined> {
  switch (action.do) {
    case 'create':
      return create(ctx, action.desired, action.row);
    case 'recreate':
      await forget(ctx, action.row);
      return { ...(await create(ctx, action.desired, null)), state: 'missing' };
    case 'claim':
      await ctx.ledger.recordUid(action.row, uidOf(action.seen));
      return { slot: action.desired.slot, state: 'present', object: action.seen };
    case 'apply':
      return apply(ctx, action.desired, action.row);
    case 'adopt':
      await ctx.ledger.adopt(slotOf(ctx, action.desired.slot), action.seen);
      return { slot: action.desired.slot, state: 'present', object: action.seen };
    case 'nothing':
      return { slot: action.slot, state: 'present', object: action.seen };
    case 'hold':
      return {
        slot: action.desired.slot,
        state: action.wasThere ? 'missing' : 'held',
        hold: action.desired.hold,
      };
    case 'conflict':
      return { slot: action.slot, state: 'conflict', object: action.seen };
    case 'wait-terminating':
      return { slot: action.slot, state: 'terminating', object: action.seen };
    case 'delete':
      return remove(ctx, action.row, action.seen);
    case 'wait-finalizer':
    case 'wait-gone':
      return { slot: action.row.slot, state: 'leaving', object: action.seen };
    case 'forget':
      await forget(ctx, action.row);
      return { slot: action.row.slot, state: 'gone' };
  }
}

async function create(
  ctx: ApplyContext,
  desired: DesiredObject,
  known: OwnedRow | null,
): Promise<SlotOutcome> {
  const row = known ?? (await ctx.ledger.register(slotOf(ctx, desired.slot)));
  if (row === undefined) return { slot: desired.slot, state: 'conflict' };
  const object = named(desired.object, row);
  ctx.assertLease();
  try {
    const made = await ctx.client.create(row.type, object, callOptions(ctx));
    await ctx.ledger.recordUid(row, uidOf(made));
    return { slot: desired.slot, state: 'made', object: made };
  } catch (error) {
    if (isKubeError(error, 'AlreadyExists')) return claimOrConflict(ctx, desired, row);
    return rejected(desired.slot, error);
  }
}

/** Our own POST whose answer was lost, or somebody else's object. */
async function claimOrConflict(
  ctx: ApplyContext,
  desired: DesiredObject,
  row: OwnedRow,
): Promise<SlotOutcome> {
  const seen = await ctx.client.get(row.type, refOf(row), callOptions(ctx));
  if (seen === undefined) throw new KubeError(409, 'Conflict', `${row.type.kind} ${row.name} came and went`);
  if (!carriesOwner(seen, ctx.owner)) return { slot: desired.slot, state: 'conflict', object: seen };
  await ctx.ledger.recordUid(row, uidOf(seen));
  return { slot: desired.slot, state: 'present', object: seen };
}

async function apply(ctx: ApplyContext, desired: DesiredObject, row: OwnedRow): Promise<SlotOutcome> {
  const object = named(desired.object, row);
  const withUid = row.uid === null ? object : { ...object, metadata: { ...object.metadata, uid: row.uid } };
  ctx.assertLease();
  try {
    const applied = await ctx.client.apply(row.type, withUid, callOptions(ctx));
    return { slot: desired.slot, state: 'applied', object: applied };
  } catch (error) {
    return rejected(desired.slot, error);
  }
}

async function remove(ctx: ApplyContext, row: OwnedRow, seen: KubeObject): Promise<SlotOutcome> {
  ctx.assertLease();
  await ctx.client.delete(row.type, refOf(row), uidOf(seen), callOptions(ctx));
  return { slot: row.slot, state: 'leaving', object: seen };
}

async function forget(ctx: ApplyContext, row: OwnedRow): Promise<void> {
  await ctx.assertIdentity();
  await ctx.ledger.recordGone(row);
}

/** What the API server will never take as it is; everything else is tried again. */
function rejected(slot: string, error: unknown): SlotOutcome {
  const isRefusal = error instanceof KubeError && [400, 403, 404, 422].includes(error.status);
  if (!isRefusal) throw error;
  // rights and namespaces may come; an object that is not valid stays so
  return {
    slot,
    state: 'rejected',
    message: error.message,
    isFinal: error.status === 400 || error.status === 422,
  };
}

function slotOf(ctx: ApplyContext, name: string): Slot {
  const slot = ctx.slots.find((candidate) => candidate.slot === name);
  if (slot === undefined) throw new TypeError(`no slot ${name}`);
  return slot;
}

/** The object under the name that its row says. */
function named(object: KubeObject, row: OwnedRow): KubeObject {
  return { ...object, metadata: { ...object.metadata, name: row.name } };
}

function refOf(row: OwnedRow): KubeRef {
  return { namespace: row.namespace, name: row.name };
}

function uidOf(object: KubeObject): string {
  const { uid, name } = object.metadata;
  if (uid === undefined) throw new TypeError(`${object.kind} ${name} has no uid`);
  return uid;
}

function callOptions(ctx: ApplyContext) {
  return { signal: ctx.signal, timeoutMs: ctx.timeoutMs };
}
