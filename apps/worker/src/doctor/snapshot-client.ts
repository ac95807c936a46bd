/** Single reads out of a list per kind: a plan of a hundred thousand resources asks the cluster a dozen times. */
import { type KubeClient, type KubeObject, kubeTypes, watchedKinds } from '@netplane/k8s-adapter';
import type { LookContext } from './look.ts';

export async function readFromLists({ client, signal }: LookContext): Promise<KubeClient> {
  const objects = new Map<string, KubeObject>();
  const listed = new Set<string>(watchedKinds);
  for (const kind of watchedKinds) {
    // not by label: what stands in the way of a name is nobody's or another's
    const { items } = await client.list(kubeTypes[kind], { signal });
    for (const item of items) objects.set(`${kind} ${item.metadata.name}`, item);
  }
  return {
    ...client,
    get: async (type, ref, options) =>
      listed.has(type.kind) ? objects.get(`${type.kind} ${ref.name}`) : client.get(type, ref, options),
  };
}
