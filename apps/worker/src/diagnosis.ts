/**
 * What else on the cluster explains why something takes long. Many resources may be late at once, and each look lists
 * the cluster: they share one for as long as it is not old. For words only, never for what is written or deleted.
 */
import {
  type AddressHolder,
  countGatewayNodes,
  type KubeClient,
  listAddressHolders,
} from '@netplane/k8s-adapter';

export interface Diagnosis {
  /** Who holds an address of a Subnet, besides the object of that uid; `undefined` where nobody does. */
  holderOf(subnet: string, address: string, own: string | undefined): Promise<AddressHolder | undefined>;
  /** Nodes that can carry external traffic. */
  gatewayNodes(): Promise<number>;
}

export interface DiagnosisOptions {
  readonly client: KubeClient;
  readonly clock: () => number;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

const MAX_AGE_MS = 2_000;
/** Where looking takes long it is done less often: at most this share of the time. */
const MAX_SHARE = 0.1;

interface Look<T> {
  readonly found: Promise<T>;
  goodUntil: number;
}

export function createDiagnosis({ client, clock, signal, timeoutMs }: DiagnosisOptions): Diagnosis {
  const holders = new Map<string, Look<ReadonlyMap<string, readonly AddressHolder[]>>>();
  const nodes = new Map<string, Look<number>>();
  const call = { signal, timeoutMs };

  async function recent<T>(looks: Map<string, Look<T>>, key: string, look: () => Promise<T>): Promise<T> {
    const known = looks.get(key);
    if (known !== undefined && clock() < known.goodUntil) return known.found;
    const began = clock();
    const fresh: Look<T> = { found: look(), goodUntil: Number.POSITIVE_INFINITY };
    looks.set(key, fresh);
    try {
      await fresh.found;
      fresh.goodUntil = clock() + Math.max(MAX_AGE_MS, (clock() - began) / MAX_SHARE);
    } catch (error) {
      looks.delete(key);
      throw error;
    }
    return fresh.found;
  }

  return {
    async holderOf(subnet, address, own) {
      const byAddress = await recent(holders, subnet, async () =>
        Map.groupBy(await listAddressHolders(client, subnet, call), (holder) => holder.address),
      );
      return byAddress.get(address)?.find(({ uid }) => uid !== own);
    },
    gatewayNodes: () => recent(nodes, '', () => countGatewayNodes(client, call)),
  };
}
