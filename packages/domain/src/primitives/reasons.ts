/** Reasons of conditions with one sentence of help each. Open to clients: they must tolerate others. */
export const reasons = {
  // in order
  Ready: 'The step is done and the cluster confirms it.',
  Guarded: 'An admission policy keeps tenants from moving workloads out of their network.',
  Adopted: 'An existing object is used as it is.',
  Surveyed: 'Addresses in use on the cluster are known and kept out of the pool.',

  // on the way
  Pending: 'Not looked at yet.',
  Creating: 'The object is being made; it follows by itself.',
  WaitingForVpc: 'The network router comes first; this step follows by itself.',
  WaitingForSubnet: 'The subnet comes first; this step follows by itself.',
  WaitingForGatewayEip: 'The gateway address comes first; this step follows by itself.',
  WaitingForNetwork: 'The external network is not ready yet; this step follows by itself.',
  Deleting: 'The cluster is letting go of the objects.',
  WaitingForDependents: 'Objects that use this one go first; deletion follows by itself.',
  NamespaceUnbound: 'The namespace is bound to another network; it is being bound to its own again.',
  NamespaceTerminating: 'The namespace still holds workloads; they are being deleted.',

  // stuck, with a way out
  AddressTaken: 'Something else on the cluster holds this address; the platform has to free it.',
  VpcNotReady:
    'The cluster has not set up the network router; the platform should look at its network controller.',
  NoGatewayNode: 'No node of the cluster is a gateway to external networks; the platform has to label one.',
  SubnetNotReady:
    'The cluster refuses the subnet or has not looked at it; `operator_detail` has its words, if any.',
  NotConnected: 'The router is not connected to its external network yet; the platform should look at it.',
  ProviderNetworkMissing:
    'The physical network does not exist on the cluster; the platform has to create it.',
  AdoptedSubnetMissing: 'The subnet to adopt does not exist on the cluster.',
  AdoptedSubnetDiffers: 'The subnet to adopt has another CIDR, gateway or VLAN than the request.',
  NotExcluded: 'The cluster still hands out addresses of this range itself; add the lines to excludeIps.',
  Conflict: 'An object of that name exists and is not ours; it stays untouched.',
  ObjectMissing: 'An object is gone from the cluster; it is being made again.',
  Rejected: 'The cluster refuses the object; `operator_detail` has its words.',
  Timeout: 'The cluster has not confirmed the step in time; it is tried again.',

  // the cluster itself
  ClusterUnreachable: 'The cluster does not answer; work goes on when it does.',
  ClusterIdentityChanged: 'The cluster is another one than before; a platform admin has to accept it.',
  ClusterObserved: 'The cluster is in mode observe; nothing is written until a platform admin sets manage.',
  DatabaseBehind: 'The database is older than the cluster; it was put in mode observe.',
  PlanHeld: 'Too many changes that nobody asked for; a platform admin has to confirm them.',
  GuardNotAllowed: 'The worker may not install the admission policy; the platform has to apply it.',
  GuardSwitchedOff: "The admission policy is switched off in the worker's settings.",
  GuardUnsupported: 'The cluster does not know admission policies.',
  Serving: 'The cluster answers and is being worked on.',
} as const;

export type Reason = keyof typeof reasons;
