/** Labels of the objects that we make. A hint for people and watches; the proof of ownership is a row with the uid. */
import { type Kind, type OrganizationId, type ProjectId, presentId } from '@netplane/domain';
import type { KubeObject } from '../client/kube-object.ts';

export const labelKeys = {
  /** UUID of the installation: another installation's objects are foreign. */
  installation: 'netplane.io/installation',
  kind: 'netplane.io/kind',
  /** UUID of the owner row. */
  id: 'netplane.io/id',
  organization: 'netplane.io/organization',
  project: 'netplane.io/project',
  /** On a project's Namespace: the Subnet that its pods may name. */
  subnet: 'netplane.io/subnet',
} as const;

/** Held by Kube-OVN's controller while it has something of an object to undo. */
export const KUBE_OVN_FINALIZER = 'kubeovn.io/kube-ovn-controller';

/** On a Namespace: the Subnet that its pods get. */
export const LOGICAL_SWITCH_ANNOTATION = 'ovn.kubernetes.io/logical_switch';

export interface Owner {
  readonly installation: string;
  readonly kind: Kind;
  readonly id: string;
  readonly organizationId: OrganizationId | null;
  readonly projectId: ProjectId | null;
}

export function ownerLabels(owner: Owner): Readonly<Record<string, string>> {
  return {
    [labelKeys.installation]: owner.installation,
    [labelKeys.kind]: owner.kind,
    [labelKeys.id]: owner.id,
    ...(owner.organizationId === null
      ? {}
      : { [labelKeys.organization]: presentId('organization', owner.organizationId) }),
    ...(owner.projectId === null ? {} : { [labelKeys.project]: presentId('project', owner.projectId) }),
  };
}

/** Whether the labels say that this owner made it: evidence only where no uid was recorded yet. */
export function carriesOwner(
  object: KubeObject,
  owner: Pick<Owner, 'installation' | 'kind' | 'id'>,
): boolean {
  const { labels = {} } = object.metadata;
  return (
    labels[labelKeys.installation] === owner.installation &&
    labels[labelKeys.kind] === owner.kind &&
    labels[labelKeys.id] === owner.id
  );
}

/** Selects everything of an installation. */
export function installationSelector(installation: string): string {
  return `${labelKeys.installation}=${installation}`;
}
