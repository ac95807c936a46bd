/** The objects that an operator means by `<kind>/<name>`: only those with our label that no row knows. */

import { type KubeObject, labelKeys } from '@netplane/k8s-adapter';
import type { LookContext } from './look.ts';
import { listOrphanObjects } from './objects.ts';

/** A refusal in the operator's words; nothing was done. */
export class RefusedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RefusedError';
  }
}

export async function listOrphans(ctx: LookContext): Promise<readonly KubeObject[]> {
  return (await listOrphanObjects(ctx)).map(({ object }) => object);
}

/** @throws RefusedError where the object is not there, or is somebody's */
export function findTarget(orphans: readonly KubeObject[], target: string): KubeObject {
  const wanted = target.toLowerCase();
  const found = orphans.find(({ kind, metadata }) => `${kind}/${metadata.name}`.toLowerCase() === wanted);
  if (found !== undefined) return found;
  throw new RefusedError(
    `${target}: no object of this installation that no row knows has this kind and name (--orphans lists them)`,
  );
}

/** Who made it, as its labels say. */
export interface LabelledOwner {
  readonly kind: string;
  readonly id: string;
  readonly organization: string | null;
  readonly project: string | null;
}

/** @throws RefusedError where the labels say nothing */
export function ownerOf({ kind, metadata }: KubeObject): LabelledOwner {
  const { labels = {} } = metadata;
  const [owner, id] = [labels[labelKeys.kind], labels[labelKeys.id]];
  if (owner === undefined || id === undefined) {
    throw new RefusedError(`${kind}/${metadata.name}: its labels do not say whose it is`);
  }
  return {
    kind: owner,
    id,
    organization: labels[labelKeys.organization] ?? null,
    project: labels[labelKeys.project] ?? null,
  };
}
