import type { Kubectl } from './kubectl.ts';
import { networkPlan } from './network-plan.ts';
import { waitFor } from './wait.ts';

const timeoutMs = 30_000;

/** Objects that a platform has before Netplane comes: Kube-OVN's CRDs, a gateway node, Kube-OVN's configuration. */
export async function applyFixtures(kubectl: Kubectl, crdsPath: string): Promise<void> {
  await waitFor('namespace kube-system', { timeoutMs }, () =>
    kubectl(['get', 'namespace', networkPlan.controllerNamespace]),
  );
  // Client-side apply would copy each CRD into an annotation, which some are too large for.
  await kubectl(['apply', '--server-side', '--filename', crdsPath]);
  const established = [
    'wait',
    'crd',
    '--all',
    '--for=condition=Established',
    `--timeout=${timeoutMs / 1000}s`,
  ];
  await kubectl(established);
  await kubectl(['create', '--filename=-'], JSON.stringify(platformObjects()));
  await kubectl([
    'patch',
    'node',
    networkPlan.gatewayNode,
    '--subresource=status',
    '--patch',
    readyNodeStatus(),
  ]);
}

function platformObjects(): object {
  const { gatewayNode, gatewayChassis, controllerNamespace } = networkPlan;
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: {
          name: gatewayNode,
          labels: { 'kubernetes.io/os': 'linux', 'ovn.kubernetes.io/external-gw': 'true' },
          annotations: { 'ovn.kubernetes.io/chassis': gatewayChassis },
        },
      },
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'ovn-external-gw-config', namespace: controllerNamespace },
        data: {
          'enable-external-gw': 'true',
          type: 'centralized',
          'external-gw-nodes': gatewayNode,
          'external-gw-nic': 'eth1',
          // Without it, the default VPC is in error until the external Subnet exists.
          'external-gw-addr': networkPlan.externalGatewayAddress,
        },
      },
      // The list, though the default VPC is never connected, makes Kube-OVN leave the gateway nodes' labels
      // and the external Subnet alone: otherwise the ConfigMap connects the default VPC as soon as the Subnet
      // exists, which takes an address of it and renames the network of its localnet port to `external`.
      {
        apiVersion: 'kubeovn.io/v1',
        kind: 'Vpc',
        metadata: { name: 'ovn-cluster' },
        spec: { extraExternalSubnets: [networkPlan.externalGatewaySubnet] },
      },
    ],
  };
}

function readyNodeStatus(): string {
  const now = new Date().toISOString();
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'Fixture',
    message: '',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  };
  const addresses = [{ type: 'InternalIP', address: networkPlan.gatewayNodeAddress }];
  return JSON.stringify({ status: { addresses, conditions: [ready] } });
}
