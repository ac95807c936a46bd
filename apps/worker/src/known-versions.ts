/**
 * Which version of an object the passes of this process have taken into account last: the watch need not ask for another
 * pass because of it. Only a hint; whatever is not in it is looked at.
 */
import type { KubeObject } from '@netplane/k8s-adapter';

export interface KnownVersions {
  /** After a pass whose claim was good to its end. */
  remember(objects: Iterable<KubeObject>): void;
  has(uid: string, resourceVersion: string): boolean;
}

/** Events follow their pass within moments; what is older is forgotten. */
const VERSIONS_MAX = 5_000;

export function createKnownVersions(): KnownVersions {
  const versions = new Map<string, string>();
  return {
    remember(objects) {
      for (const { metadata } of objects) {
        if (metadata.uid === undefined || metadata.resourceVersion === undefined) continue;
        versions.delete(metadata.uid); // to the end of the order
        versions.set(metadata.uid, metadata.resourceVersion);
      }
      for (const uid of versions.keys()) {
        if (versions.size <= VERSIONS_MAX) break;
        versions.delete(uid);
      }
    },
    has: (uid, resourceVersion) => versions.get(uid) === resourceVersion,
  };
}
