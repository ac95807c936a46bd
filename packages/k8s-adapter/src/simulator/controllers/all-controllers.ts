import type { KindTable } from '../kinds.ts';
import type { Controller } from './controller.ts';
import { ipController } from './ip.ts';
import { kubeletController } from './kubelet.ts';
import { namespaceBindingController } from './namespace-binding.ts';
import { createNamespaceLifecycleController } from './namespace-lifecycle.ts';
import { ovnEipController } from './ovn-eip.ts';
import { ovnSnatRuleController } from './ovn-snat-rule.ts';
import { podController } from './pod.ts';
import { providerNetworkController } from './provider-network.ts';
import { subnetController } from './subnet.ts';
import { vipController } from './vip.ts';
import { vlanController } from './vlan.ts';
import { vpcController } from './vpc.ts';

/** Everybody who acts on a cluster beside its users. */
export function allControllers(kinds: KindTable): readonly Controller[] {
  const namespaced = [...kinds.values()].filter((kind) => kind.namespaced).map(({ kind }) => kind);
  return [
    createNamespaceLifecycleController(namespaced),
    namespaceBindingController,
    kubeletController,
    podController,
    providerNetworkController,
    vlanController,
    vpcController,
    subnetController,
    ipController,
    vipController,
    ovnEipController,
    ovnSnatRuleController,
  ];
}
