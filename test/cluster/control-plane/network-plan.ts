/**
 * What every test may take for granted about the network of the cluster. Kube-OVN's three ranges may not
 * overlap each other; tests choose their own project and external ranges outside of them.
 */
export const networkPlan = {
  /** Subnet `ovn-default` of the default VPC, where a pod lands whose namespace no Subnet names. */
  defaultCidr: '10.100.0.0/16',
  /** Subnet `join`, which has one address per node. */
  joinCidr: '172.30.0.0/22',
  serviceCidr: '10.101.0.0/16',
  /** The Subnet that Kube-OVN takes where an object names none. The harness does not create it. */
  externalGatewaySubnet: 'ext-cloud',
  /** Its gateway with the prefix length, as the ConfigMap of the platform states it. */
  externalGatewayAddress: '100.65.0.1/16',
  /** The only node: no kubelet, but ready, labelled as an external gateway, with a chassis in OVN. */
  gatewayNode: 'n1',
  gatewayNodeAddress: '192.168.200.11',
  gatewayChassis: '11111111-1111-4111-8111-111111111111',
  /** Where kube-ovn-controller keeps its lease and looks for its ConfigMaps. */
  controllerNamespace: 'kube-system',
} as const;
