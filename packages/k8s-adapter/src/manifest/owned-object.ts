import type { KubeObject, KubeType } from '../client/kube-object.ts';
import { type Owner, ownerLabels } from './labels.ts';

/** A cluster-scoped object with its owner's labels and nothing else in its metadata but the name. */
export function ownedObject(
  { apiVersion, kind }: Pick<KubeType, 'apiVersion' | 'kind'>,
  owner: Owner,
  name: string,
  spec: object,
): KubeObject {
  return { apiVersion, kind, metadata: { name, labels: ownerLabels(owner) }, spec: { ...spec } };
}
