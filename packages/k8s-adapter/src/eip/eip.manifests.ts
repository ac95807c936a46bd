/**
 * The object of an EIP: an OvnEip of type `nat` with the address that we have given. Create-once.
 *
 * It is made with Kube-OVN's own finalizer: the controller gives none to an OvnEip that names its address, and would
 * let go of it under a live NAT rule. With the finalizer, gone means released (seen on 1.16.2).
 */
import type { EipId, OrganizationId, ProjectId } from '@netplane/domain';
import { type DesiredObject, ensure, held, type Situation, type Slot } from '../engine/desired.ts';
import type { OvnEipSpec } from '../manifest/generated/kube-ovn.ts';
import { kubeTypes } from '../manifest/kube-types.ts';
import { KUBE_OVN_FINALIZER, type Owner, ownerLabels } from '../manifest/labels.ts';
import { names } from '../manifest/naming.ts';

export const EIP_BUILDER_VERSION = 1;

export interface EipValues {
  readonly installation: string;
  readonly id: EipId;
  readonly organizationId: OrganizationId;
  readonly projectId: ProjectId;
  readonly address: string;
  readonly isDeleting: boolean;
  /** Name of the external network's Subnet on the cluster; `null` until there is one. */
  readonly subnetName: string | null;
  /** Whether a NAT rule that uses it is still on the cluster: then Kube-OVN would not let go of it. */
  readonly isUsed: boolean;
}

export function eipOwner({ installation, id, organizationId, projectId }: EipValues): Owner {
  return { installation, kind: 'eip', id, organizationId, projectId };
}

export function eipSlots(values: EipValues): readonly Slot[] {
  return [
    {
      slot: 'eip',
      type: kubeTypes.OvnEip,
      namespace: null,
      baseName: names.eip(values.id),
      createOnce: true,
    },
  ];
}

export function buildEip(values: EipValues, situation: Situation): readonly DesiredObject[] {
  const name = situation.nameOf('eip');
  if (values.isDeleting) {
    const object = situation.seen.get('eip');
    return values.isUsed && object !== undefined
      ? [{ slot: 'eip', object, presence: 'keep', hold: null }]
      : [];
  }
  if (values.subnetName === null) return [held('eip', name, 'WaitingForNetwork')];
  const { apiVersion, kind } = kubeTypes.OvnEip;
  const spec: OvnEipSpec = { externalSubnet: values.subnetName, v4Ip: values.address, type: 'nat' };
  const metadata = { name, labels: ownerLabels(eipOwner(values)), finalizers: [KUBE_OVN_FINALIZER] };
  return [ensure('eip', { apiVersion, kind, metadata, spec })];
}
