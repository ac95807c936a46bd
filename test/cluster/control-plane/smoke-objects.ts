/** Cluster objects of the smoke test: an external network, one project with a way out, and a pod in it. */

const externalCidr = '100.65.0.0/16';
const projectCidr = '10.0.0.0/24';

export const names = {
  providerNetwork: 'pnext',
  vlan: 'vlan4013',
  external: 'ext-cloud',
  vpc: 'vsmoke',
  subnet: 'ssmoke',
  namespace: 'smoke',
  eip: 'esmoke',
  laterEip: 'elater',
  snatRule: 'nsmoke',
  pod: 'web',
} as const;

export const addresses = {
  externalGateway: '100.65.0.1',
  eip: '100.65.1.11',
  laterEip: '100.65.1.12',
} as const;

const kubeOvn = (kind: string, name: string, spec: object) => ({
  apiVersion: 'kubeovn.io/v1',
  kind,
  metadata: { name },
  spec,
});

export const providerNetwork = kubeOvn('ProviderNetwork', names.providerNetwork, {
  defaultInterface: 'eth1',
});
export const vlan = kubeOvn('Vlan', names.vlan, { id: 4013, provider: names.providerNetwork });

export const externalSubnet = kubeOvn('Subnet', names.external, {
  protocol: 'IPv4',
  cidrBlock: externalCidr,
  gateway: addresses.externalGateway,
  vlan: names.vlan,
  // What is excluded is handed out on request only; the rest is left for the routers' own addresses.
  excludeIps: [addresses.externalGateway, '100.65.1.0..100.65.255.254'],
  disableGatewayCheck: true,
});

export const vpc = kubeOvn('Vpc', names.vpc, {
  namespaces: [names.namespace],
  enableExternal: true,
  extraExternalSubnets: [names.external],
  staticRoutes: [{ policy: 'policyDst', cidr: '0.0.0.0/0', nextHopIP: addresses.externalGateway }],
  // Without it, the controller's own source route of the Subnet wins and packets never leave the router.
  policyRoutes: [
    {
      priority: 28000,
      match: `ip4.src == ${projectCidr}`,
      action: 'reroute',
      nextHopIP: addresses.externalGateway,
    },
  ],
});

export const subnet = kubeOvn('Subnet', names.subnet, {
  vpc: names.vpc,
  protocol: 'IPv4',
  cidrBlock: projectCidr,
  gateway: '10.0.0.1',
  excludeIps: ['10.0.0.1'],
  namespaces: [names.namespace],
  natOutgoing: false,
  private: false,
});

export const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: names.namespace } };

export const eip = (name: string, v4Ip: string) =>
  kubeOvn('OvnEip', name, { externalSubnet: names.external, v4Ip, type: 'nat' });

export const snatRule = kubeOvn('OvnSnatRule', names.snatRule, {
  ovnEip: names.eip,
  vpc: names.vpc,
  v4IpCidr: projectCidr,
});

/** A pod that nobody runs. With a grace period it would wait for a kubelet to let it go. */
export const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: names.pod, namespace: names.namespace },
  spec: {
    nodeName: 'n1',
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'web', image: 'none' }],
  },
};
