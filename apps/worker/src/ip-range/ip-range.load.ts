/** A range has no object of its own: it asks its network's Subnet to leave it alone, and surveys what is in use. */
import {
  countAddressesLeft,
  type ForeignHolder,
  findOwnObjects,
  finishIpRange,
  type IpRangeWorkRow,
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
      blocked: [],
      isDeleting,
    });
  }
  const excluding = await excludeRange(ctx, row, span, subnet, pass.signal);
  const isLeftToUs = isExcluded(excluding, span);
  let blocked: readonly ForeignHolder[] = [];
  if (isLeftToUs) {
    const holders = await listAddressHolders(ctx.client, subnet.metadata.name, options);
    const inside = holders.filter(({ address }) => {
      const value = knownAddress(address);
      return spanContains(span, { first: value, last: value });
    });
    blocked = await foreignOnly(ctx, inside);
    await surveyRange(ctx.database, {
      range: row,
      size: spanSize(span),
      reserved: decideReserved(row.network_gateway, span, row.reservations),
      holders: blocked,
    });
  }
  return deriveIpRange({
    span,
    networkIsReady: true,
    isExcluded: isLeftToUs,
    isSurveyed: isLeftToUs,
    blocked,
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

/** What is left of the holders without our own objects, those that have just gone included. */
async function foreignOnly(
  ctx: WorkerContext,
  holders: readonly AddressHolder[],
): Promise<readonly ForeignHolder[]> {
  const own = await findOwnObjects(ctx.database, ctx.clusterId, holders);
  const isOwn = ({ kind, uid, name }: AddressHolder) =>
    kind === kubeTypes.OvnEip.kind && (own.uids.has(uid) || own.names.has(name));
  return holders
    .filter((holder) => !isOwn(holder))
    .map((holder) => ({ address: holder.address, reason: `${holder.kind} ${holder.name}` }));
}
