/** Writes that several controllers make. */
import { isMap, type JsonMap, mapAt } from '../json.ts';
import { keyOfObject, metadataOf, type SimObject } from '../sim-object.ts';
import { KUBE_OVN_FINALIZER, type Write } from './controller.ts';

export function statusPatch(object: SimObject, status: JsonMap): Write {
  return {
    verb: 'patch',
    kind: object.kind,
    key: keyOfObject(object),
    patch: { status },
    subresource: 'status',
  };
}

/** A Vip and an IP have no status path of their own. */
export function objectPatch(object: SimObject, patch: JsonMap): Write {
  return { verb: 'patch', kind: object.kind, key: keyOfObject(object), patch };
}

export function annotationsPatch(object: SimObject, annotations: JsonMap): Write {
  return objectPatch(object, { metadata: { annotations } });
}

export function addFinalizer(object: SimObject): readonly Write[] {
  const finalizers = object.metadata.finalizers ?? [];
  if (finalizers.includes(KUBE_OVN_FINALIZER)) return [];
  return [objectPatch(object, { metadata: { finalizers: [...finalizers, KUBE_OVN_FINALIZER] } })];
}

export function removeFinalizer(object: SimObject): readonly Write[] {
  const finalizers = object.metadata.finalizers ?? [];
  if (!finalizers.includes(KUBE_OVN_FINALIZER)) return [];
  const kept = finalizers.filter((item) => item !== KUBE_OVN_FINALIZER);
  return [objectPatch(object, { metadata: { finalizers: kept.length === 0 ? null : kept } })];
}

export function isHeld(object: SimObject): boolean {
  return (object.metadata.finalizers ?? []).length > 0;
}

/** The object with labels added and another spec, for a write of the whole. */
export function rewritten(object: SimObject, change: { labels?: JsonMap; spec?: JsonMap }): JsonMap {
  const metadata = metadataOf(object);
  const labels = { ...mapAt(metadata, 'labels'), ...change.labels };
  return {
    ...object,
    metadata: { ...metadata, ...(Object.keys(labels).length === 0 ? {} : { labels }) },
    ...(change.spec === undefined ? {} : { spec: change.spec }),
  };
}

/** Annotations that Kube-OVN listens to. */
export function kubernetesAnnotations(object: SimObject): JsonMap {
  const annotations = metadataOf(object).annotations;
  const entries = Object.entries(isMap(annotations) ? annotations : {});
  return Object.fromEntries(entries.filter(([key]) => key.includes('.kubernetes.io/')));
}
