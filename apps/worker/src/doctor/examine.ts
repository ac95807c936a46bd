/** One look at everything that should agree: rows with rows, objects with rows, addresses with the cluster. */
import {
  listAddressDifferences,
  listFreeAmong,
  listInvariantDifferences,
  listMisfiledObjects,
  listNetworkSubnets,
  listUnattended,
} from '@netplane/db';
import { type KubeClient, listAddressHolders } from '@netplane/k8s-adapter';
import { CALL_TIMEOUT_MS } from '../context.ts';
import type { Difference } from './difference.ts';
import type { LookContext } from './look.ts';
import { comparePartners, differencesOf, type Partnerless } from './objects.ts';

export interface Findings {
  readonly differences: readonly Difference[];
  /** The same objects and rows, whole. */
  readonly partnerless: Partnerless;
}

/** @throws NetplaneError, KubeError where database or cluster do not answer */
export async function examine(ctx: LookContext): Promise<Findings> {
  const invariants = await listInvariantDifferences(ctx.database);
  const { leaks, partnerless } = await findLeaks(ctx);
  return { differences: [...invariants, ...leaks], partnerless };
}

/** All but the invariants, which the worker counts on its own, more often. */
export async function findLeaks(
  ctx: LookContext,
): Promise<{ readonly leaks: readonly Difference[]; readonly partnerless: Partnerless }> {
  const { database, clusterId } = ctx;
  const ofRows = [
    ...(await listAddressDifferences(database)),
    ...(await listMisfiledObjects(database, clusterId)),
    ...(await listUnattended(database, clusterId)),
  ];
  const partnerless = await comparePartners(ctx);
  return {
    leaks: [...ofRows, ...differencesOf(partnerless), ...(await findUsedFreeAddresses(ctx))],
    partnerless,
  };
}

/** What the next create may be given and somebody has; our own release an address only when their object is gone. */
async function findUsedFreeAddresses(ctx: LookContext): Promise<readonly Difference[]> {
  const client = listingOnce(ctx.client);
  const differences: Difference[] = [];
  for (const { network_id: networkId, subnet } of await listNetworkSubnets(ctx.database, ctx.clusterId)) {
    const options = { signal: ctx.signal, timeoutMs: CALL_TIMEOUT_MS };
    const holders = await listAddressHolders(client, subnet, options);
    const addresses = holders.map(({ address }) => address);
    const free = await listFreeAmong(ctx.database, networkId, addresses);
    for (const { address, kind, name } of holders) {
      if (!free.has(address)) continue;
      differences.push({ kind: 'used_free_address', subject: address, detail: `${kind} ${name} holds it` });
    }
  }
  return differences;
}

/** Every network's holders come from the same list of OvnEips. */
function listingOnce(client: KubeClient): KubeClient {
  const lists = new Map<string, ReturnType<KubeClient['list']>>();
  return {
    ...client,
    list(type, options) {
      const key = `${type.kind} ${options?.labelSelector ?? ''}`;
      const list = lists.get(key) ?? client.list(type, options);
      lists.set(key, list);
      return list;
    },
  };
}
