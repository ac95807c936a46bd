/**
 * Compares resources with their objects from one list, page by page, and asks for a pass where one would find something
 * to do. What a pass decides is decided here by the same code, from the list instead of a read per object; nothing is
 * written but the queue. For kinds with many resources of one object each: EIPs.
 */
import { type EipWorkRow, listMadeObjects, loadEips, type WorkKey } from '@netplane/db';
import type { OrganizationId, ProvisionedKind } from '@netplane/domain';
import {
  decidePhase,
  installationSelector,
  type KubeObject,
  kubeTypes,
  labelKeys,
  planActions,
  type SlotOutcome,
} from '@netplane/k8s-adapter';
import { CALL_TIMEOUT_MS, type WorkerContext } from './context.ts';
import { eipWork } from './eip/eip.load.ts';
import { ownedRow } from './ledger.ts';
import type { Loaded, Pass } from './loaded.ts';
import { nameOf } from './plan.ts';
import { isSettled } from './reconcile.ts';
import { isSame, statusOf } from './report.ts';

const TYPE = kubeTypes.OvnEip;

export interface Verified {
  /** Of the list: a watch goes on from here. */
  readonly resourceVersion: string;
  /** EIPs that a pass was asked for. */
  readonly enqueued: number;
}

/**
 * Every EIP of the cluster once.
 * @param others gets the objects of other kinds of resources that the list shows
 * @throws KubeError, and ClusterIdentityError where the cluster is not the recorded one
 */
export async function verifyEips(
  ctx: WorkerContext,
  signal: AbortSignal,
  others: (objects: readonly KubeObject[]) => void = () => {},
): Promise<Verified> {
  await ctx.session.assertIdentity();
  const began = ctx.clock();
  const labelSelector = installationSelector(ctx.installation);
  const there = new Set<string>();
  let resourceVersion = '';
  let enqueued = 0;
  const ask = async (keys: readonly WorkKey[]) => {
    enqueued += keys.length;
    await ctx.enqueue(keys);
  };
  for await (const page of ctx.client.pages(TYPE, { labelSelector, signal, timeoutMs: CALL_TIMEOUT_MS })) {
    resourceVersion = page.resourceVersion;
    for (const { metadata } of page.items) there.add(metadata.uid ?? '');
    const isOfEip = ({ metadata }: KubeObject) => metadata.labels?.[labelKeys.kind] === 'eip';
    others(page.items.filter((item) => !isOfEip(item)));
    await ask(await unsettled(ctx, page.items.filter(isOfEip), signal));
  }
  for await (const rows of listMadeObjects(ctx.database, ctx.clusterId, TYPE.apiVersion, TYPE.kind)) {
    await ask(rows.filter(({ uid }) => !there.has(uid ?? '')).map(ownerOf));
  }
  ctx.metrics.observeComparison({ seconds: (ctx.clock() - began) / 1_000, enqueued });
  return { resourceVersion, enqueued };
}

/** The owner of a row of `cluster_object`. */
export function ownerOf(row: {
  readonly owner_kind: string;
  readonly owner_id: string;
  readonly organization_id: OrganizationId | null;
}): WorkKey {
  // written by the ledger for owners of these kinds
  return { kind: row.owner_kind as ProvisionedKind, id: row.owner_id, organizationId: row.organization_id };
}

/** EIPs whose objects are on the page and that are not as a pass leaves them: gone ones too, whose objects arrived late. */
async function unsettled(
  ctx: WorkerContext,
  items: readonly KubeObject[],
  signal: AbortSignal,
): Promise<readonly WorkKey[]> {
  const byOwner = Map.groupBy(items, ({ metadata }) => metadata.labels?.[labelKeys.id] ?? '');
  const ids = [...byOwner.keys()].filter(isUuid);
  const rows = await loadEips(ctx.database, ids);
  const known = new Set<string>(rows.map(({ id }) => id));
  const keys: WorkKey[] = ids
    .filter((id) => !known.has(id))
    .map((id) => ({ kind: 'eip', id, organizationId: null }));
  for (const row of rows) {
    if (await isAsAPassLeavesIt(ctx, row, byOwner.get(row.id) ?? [], signal)) continue;
    keys.push({ kind: 'eip', id: row.id, organizationId: row.organization_id });
  }
  return keys;
}

async function isAsAPassLeavesIt(
  ctx: WorkerContext,
  row: EipWorkRow,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<boolean> {
  if (row.phase !== 'ready' || row.deleting_at !== null) return false;
  const loaded = eipWork(ctx, row);
  const pass = passWithoutActions(loaded, objects, signal);
  if (pass === undefined || loaded.isProvisioned?.(pass) !== true) return false;
  const derived = await loaded.derive(pass);
  const phase = decidePhase(derived, { isDeleting: false, wasReady: true });
  const status = statusOf(loaded, derived, { phase, nextTrySeconds: null, isProvisioned: true });
  return isSettled(derived, phase) && isSame(loaded, status);
}

/** `undefined` where the plan has anything to do. */
function passWithoutActions(
  loaded: Loaded,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Pass | undefined {
  const { owner, slots, row } = loaded;
  const rows = row.objects.map((object) => ownedRow(object, slots));
  const seen = new Map(
    rows.flatMap(({ slot, name }) => {
      const object = objects.find(({ metadata }) => metadata.name === name);
      return object === undefined ? [] : [[slot, object] as const];
    }),
  );
  const desired = loaded.build({ seen, nameOf: (slot) => nameOf(loaded, rows, slot) });
  const actions = planActions({ owner, slots, desired, rows, seen, now: row.now });
  const outcomes = new Map<string, SlotOutcome>();
  for (const action of actions) {
    if (action.do !== 'nothing') return undefined;
    outcomes.set(action.slot, { slot: action.slot, state: 'present', object: action.seen });
  }
  return { outcomes, seen, signal };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Labels are anybody's to write. */
function isUuid(text: string): boolean {
  return UUID.test(text);
}
