/**
 * Names of cluster objects. They are fixed-format ids without dashes, because Kube-OVN joins names with dashes
 * (`<vpc>-<subnet>`); create-once objects add `x` and their incarnation, so that no name is ever used twice.
 */
import { clusterName } from '@netplane/domain';

export const names = {
  vpc: (projectId: string) => clusterName('project', projectId),
  subnet: (subnetId: string) => clusterName('subnet', subnetId),
  snatRule: (snatRuleId: string) => clusterName('snat-rule', snatRuleId),
  eip: (eipId: string) => clusterName('eip', eipId),
  /** Kube-OVN's own fixed name of a router's port in an external network: `<vpc>-<external subnet>`. */
  routerPort: (vpc: string, externalSubnet: string) => `${vpc}-${externalSubnet}`,
  /** And of a subnet's port towards its router, on the side of the switch: `<subnet>-<vpc>`. */
  switchPortOfRouter: (subnet: string, vpc: string) => `${subnet}-${vpc}`,
  vlan: (networkId: string) => clusterName('external-network', networkId),
  guardPolicy: () => 'netplane-guard',
} as const;

export function incarnationName(baseName: string, incarnation: number): string {
  return `${baseName}x${incarnation}`;
}
