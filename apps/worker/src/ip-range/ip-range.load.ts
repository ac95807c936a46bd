/** A range has no object of its own: it asks its network's Subnet to leave it alone, and surveys what is in use. */
import {
  countAddressesLeft,
  finishIpRange,
  type IpRangeWorkRow,
  listObjectsOfKind,
  loadIpRange,
  surveyRange,
} from '@netplane/db';
import { decideReserved, knownAddress, type Span, spanContains, spanSize } from '@netplane/domain';
import {
  type AddressHolder,
  buildExcludePatch,
  buildIncludePatch,
  type Derived,
  deriveIpRange,
  isExcluded,
  type KubeObject,
  kubeTypes,
  listAddressHolders,
} from '@netplane/k8s-adapter';
import { CALL_TIMEOUT_MS, type WorkerContext } from '../context.ts';
import type { Load, Pass } from '../loaded.ts';

export const loadIpRangeWork: Load = async (ctx, id) => {
  const row = await loadIpRange(ctx.database, id);
  if (row === undefined) return undefined;
  const span = { first: knownAddress(row.first), last: knownAddress(row.last) };
  return {
    row,
    owner: { installation: ctx.installation, kind: 'ip-range', id, organizationId: null, projectId: null },
    builderVersion: 1,
    slots: [],
    build: () => [],
    derive: (pass) => survey(ctx, row, span, pass),
    async mayFinish() {
      await giveBack(ctx, row, span);
      return (await countAddressesLeft(ctx.database, id)) === 0;
    },
    finish: (claim) => finishIpRange(ctx.database, claim),
    wakes: async () => [],
  };
};

/** Addresses become rows only when the Subnet leaves the range to us and every holder is known. */
async function survey(ctx: WorkerContext, row: IpRangeWorkRow, span: Span, pass: Pass): Promise<Derived> {
  const options = { signal: pass.signal, timeoutMs: CALL_TIMEOUT_MS };
  const isDeleting = row.deleting_at !== null;
  const subnet =
    row.network_subnet === null ? undefined : await readSubnet(ctx, row.network_subnet, pass.signal);
  if (subnet === undefined || isDeleting) {
    return deriveIpRange({
      span,
      networkIsReady: subnet !== undefined,
      isExcluded: false,
      isSurveyed: false,
      isDeleting,
    });
  }
  const excluding = await excludeRange(ctx, row, span, subnet, pass.signal);
  const isLeftToUs = isExcluded(excluding, span);
  if (isLeftToUs) {
    const holders = await listAddressHolders(ctx.client, subnet.metadata.name, options);
    const inside = holders.filter(({ address }) => {
      const value = knownAddress(address);
      return spanContains(span, { first: value, last: value });
    });
    await surveyRange(ctx.database, {
      range: row,
      size: spanSize(span),
      reserved: decideReserved(row.network_gateway, span, row.reservations),
      holders: await foreignOnly(ctx, inside),
    });
  }
  return deriveIpRange({
    span,
    networkIsReady: true,
    isExcluded: isLeftToUs,
    isSurveyed: isLeftToUs,
    isDeleting,
  });
}

async function readSubnet(
  ctx: WorkerContext,
  name: string,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  return ctx.client.get(kubeTypes.Subnet, { namespace: null, name }, { signal, timeoutMs: CALL_TIMEOUT_MS });
}

/** A Subnet of ours carries the range by its builder; an adopted one only where the operator allows it. */
async function excludeRange(
  ctx: WorkerContext,
  row: IpRangeWorkRow,
  span: Span,
  subnet: KubeObject,
  signal: AbortSignal,
): Promise<KubeObject> {
  if (!row.network_is_adopted || !row.manage_exclude_ips || isExcluded(subnet, span)) return subnet;
  const ref = { namespace: null, name: subnet.metadata.name };
  return ctx.client.mergePatch(kubeTypes.Subnet, ref, buildExcludePatch(subnet, span), {
    signal,
    timeoutMs: CALL_TIMEOUT_MS,
  });
}

/** A deleted range is taken out of an adopted Subnet's exclusions again, where we had put it in. */
async function giveBack(ctx: WorkerContext, row: IpRangeWorkRow, span: Span): Promise<void> {
  if (!row.network_is_adopted || !row.manage_exclude_ips || row.network_subnet === null) return;
  const subnet = await readSubnet(ctx, row.network_subnet, ctx.signal);
  const patch = subnet && buildIncludePatch(subnet, span);
  if (patch === undefined) return;
  const ref = { namespace: null, name: row.network_subnet };
  await ctx.client.mergePatch(kubeTypes.Subnet, ref, patch, {
    signal: ctx.signal,
    timeoutMs: CALL_TIMEOUT_MS,
  });
}

/** Our own objects by uid; one whose uid is on its way to the row by name. */
async function foreignOnly(ctx: WorkerContext, holders: readonly AddressHolder[]) {
  const { apiVersion, kind } = kubeTypes.OvnEip;
  const rows = await listObjectsOfKind(ctx.database, ctx.clusterId, apiVersion, kind);
  const uids = new Set(rows.map((row) => row.uid));
  const names = new Set(rows.map((row) => row.name));
  return holders
    .filter((holder) => holder.kind !== kind || !(uids.has(holder.uid) || names.has(holder.name)))
    .map((holder) => ({ address: holder.address, reason: `${holder.kind} ${holder.name}` }));
}
