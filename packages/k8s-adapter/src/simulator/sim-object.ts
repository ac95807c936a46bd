import type { KubeObject } from '../client/kube-object.ts';
import { isMap, type JsonMap } from './json.ts';

/** An object as stored: what `KubeObject` names and whatever other top-level fields its kind has. */
export type SimObject = KubeObject & JsonMap;

/** Place of an object inside its kind: `name`, or `namespace/name`. */
export type ObjectKey = string;

export function keyOf(namespace: string | null | undefined, name: string): ObjectKey {
  return namespace === null || namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

export function keyOfObject(object: KubeObject): ObjectKey {
  return keyOf(object.metadata.namespace, object.metadata.name);
}

/** Believes a JSON map to be an object after looking at the fields that `KubeObject` requires. */
export function asSimObject(value: JsonMap): SimObject {
  const { apiVersion, kind, metadata } = value;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || !isMap(metadata)) {
    throw new TypeError('an object needs apiVersion, kind and metadata');
  }
  if (typeof metadata.name !== 'string') throw new TypeError('an object needs metadata.name');
  return value as SimObject; // what KubeObject requires was just looked at
}

/** The metadata of an object, for code that reads or writes fields which `KubeMetadata` does not name. */
export function metadataOf(object: JsonMap): JsonMap {
  return isMap(object.metadata) ? object.metadata : {};
}

export function withMetadata(object: JsonMap, metadata: object): SimObject {
  return asSimObject({ ...object, metadata });
}

export function isTerminating(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** The uid of a stored object; the store never holds one without. */
export function uidOf(object: KubeObject): string {
  return object.metadata.uid ?? '';
}
