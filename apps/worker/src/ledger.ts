/** The engine's ledger over `cluster_object` rows. */
import {
  type ClusterObjectRow,
  insertClusterObject,
  type Pool,
  recordObjectGone,
  recordObjectUid,
} from '@netplane/db';
import type { ClusterId } from '@netplane/domain';
import {
  incarnationName,
  type ObjectLedger,
  type OwnedRow,
  type Owner,
  registeredType,
  type Slot,
} from '@netplane/k8s-adapter';

export interface LedgerOptions {
  readonly database: Pool;
  readonly clusterId: ClusterId;
  readonly owner: Owner;
  readonly builderVersion: number;
  /** Of the owner's work item. */
  readonly claim: number;
  /** By slot, as the claim's pass has read them: nobody else makes objects of this owner meanwhile. */
  readonly lastIncarnations: Readonly<Record<string, number>>;
}

export function createLedger(options: LedgerOptions): ObjectLedger {
  const { database, owner } = options;
  const nextIncarnation = ({ slot }: Slot) => (options.lastIncarnations[slot] ?? 0) + 1;

  async function insert(slot: Slot, name: string, incarnation: number, adopted: { uid: string } | null) {
    const row = await insertClusterObject(database, {
      clusterId: options.clusterId,
      apiVersion: slot.type.apiVersion,
      kind: slot.type.kind,
      namespace: slot.namespace ?? '',
      name,
      uid: adopted?.uid ?? null,
      ownerKind: owner.kind,
      ownerId: owner.id,
      organizationId: owner.organizationId,
      slot: slot.slot,
      origin: adopted === null ? 'created' : 'adopted',
      builderVersion: options.builderVersion,
      incarnation,
      claim: options.claim,
    });
    return row && ownedRow(row, [slot]);
  }

  return {
    async register(slot) {
      const incarnation = nextIncarnation(slot);
      const name = slot.createOnce ? incarnationName(slot.baseName, incarnation) : slot.baseName;
      return insert(slot, name, incarnation, null);
    },
    async adopt(slot, object) {
      await insert(slot, object.metadata.name, nextIncarnation(slot), { uid: object.metadata.uid ?? '' });
    },
    async recordUid(row, uid) {
      await recordObjectUid(database, row.id, uid);
    },
    async recordGone(row) {
      await recordObjectGone(database, row.id);
    },
  };
}

/** A row as decisions need it; slots say what is create-once, the registry knows kinds of slots that are gone. */
export function ownedRow(
  row: ClusterObjectRow & { readonly age_seconds?: number },
  slots: readonly Slot[],
): OwnedRow {
  const slot = slots.find((candidate) => candidate.slot === row.slot);
  const registered = registeredType(row.api_version, row.kind);
  return {
    id: row.id,
    slot: row.slot,
    name: row.name,
    namespace: row.namespace === '' ? null : row.namespace,
    uid: row.uid,
    origin: row.origin,
    type: registered,
    createOnce: slot?.createOnce ?? registered.createOnce,
    ageSeconds: row.age_seconds ?? null,
  };
}
