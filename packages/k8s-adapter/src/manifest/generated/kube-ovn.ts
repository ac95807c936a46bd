// Made by scripts/generate-crd-types.ts from github.com/kubeovn/kube-ovn@v1.16.2 charts/kube-ovn-v2/crds/kube-ovn-crd.yaml; do not edit.

export type ProviderNetworkSpec = {
  /** Automatically create VLAN subinterfaces */
  readonly autoCreateVlanSubinterfaces?: boolean;
  /** Custom interface configurations for specific nodes */
  readonly customInterfaces?: readonly {
    /** Interface name */
    readonly interface?: string;
    /** Nodes that use this custom interface */
    readonly nodes?: readonly string[];
  }[];
  /** Default interface name for the provider network. This field is immutable after creation. */
  readonly defaultInterface: string;
  /** Exchange link name between host and container */
  readonly exchangeLinkName?: boolean;
  /** Nodes to exclude from this provider network */
  readonly excludeNodes?: readonly string[];
  /** Node selector for targeting specific nodes */
  readonly nodeSelector?: {
    /** matchExpressions is a list of label selector requirements. The requirements are ANDed. */
    readonly matchExpressions?: readonly {
      /** key is the label key that the selector applies to. */
      readonly key: string;
      /**
       * operator represents a key's relationship to a set of values.
       * Valid operators are In, NotIn, Exists and DoesNotExist.
       */
      readonly operator: string;
      /**
       * values is an array of string values. If the operator is In or NotIn,
       * the values array must be non-empty. If the operator is Exists or DoesNotExist,
       * the values array must be empty. This array is replaced during a strategic
       * merge patch.
       */
      readonly values?: readonly string[];
    }[];
    /**
     * matchLabels is a map of {key,value} pairs. A single {key,value} in the matchLabels
     * map is equivalent to an element of matchExpressions, whose key field is "key", the
     * operator is "In", and the values array contains only "value". The requirements are ANDed.
     */
    readonly matchLabels?: Readonly<Record<string, string>>;
  };
  /** Enable automatic detection and preservation of VLAN interfaces */
  readonly preserveVlanInterfaces?: boolean;
  /** Optional explicit list of VLAN interface names to preserve (e.g., eth0.10, bond0.20) */
  readonly vlanInterfaces?: readonly string[];
};

export type ProviderNetworkStatus = {
  /**
   * Conditions represents the latest state of the object
   * Conditions of nodes in the provider network
   */
  readonly conditions?: readonly {
    /** Last time the condition transitioned from one status to another. */
    readonly lastTransitionTime?: string;
    /** Last time the condition was probed */
    readonly lastUpdateTime?: string;
    /** A human readable message indicating details about the transition. */
    readonly message?: string;
    /** Node name */
    readonly node?: string;
    /**
     * ObservedGeneration represents the .metadata.generation that the condition was set based upon.
     * For instance, if .metadata.generation is currently 12, but the .status.conditions[x].observedGeneration is 9,
     * the condition is out of date with respect to the current state of the instance.
     */
    readonly observedGeneration?: number;
    /** The reason for the condition's last transition. */
    readonly reason?: string;
    /** Status of the condition, one of True, False, Unknown. */
    readonly status?: string;
    /** Type of condition. */
    readonly type?: string;
  }[];
  /** Nodes that are not ready */
  readonly notReadyNodes?: readonly string[];
  /** Whether the provider network is ready */
  readonly ready?: boolean;
  /** Nodes that are ready */
  readonly readyNodes?: readonly string[];
  /** VLANs in use by this provider network */
  readonly vlans?: readonly string[];
};

export type VlanSpec = {
  /** VLAN ID (0-4095). This field is immutable after creation. */
  readonly id?: number;
  /** Provider network name. This field is immutable after creation. */
  readonly provider: string;
  /** Deprecated: in favor of provider */
  readonly providerInterfaceName?: string;
  /** deprecated fields, use ID & Provider instead */
  readonly vlanId?: number;
};

export type VlanStatus = {
  /** Conditions represents the latest state of the object */
  readonly conditions?: readonly {
    /** Last time the condition transitioned from one status to another. */
    readonly lastTransitionTime?: string;
    /** Last time the condition was probed */
    readonly lastUpdateTime?: string;
    /** A human readable message indicating details about the transition. */
    readonly message?: string;
    /**
     * ObservedGeneration represents the .metadata.generation that the condition was set based upon.
     * For instance, if .metadata.generation is currently 12, but the .status.conditions[x].observedGeneration is 9,
     * the condition is out of date with respect to the current state of the instance.
     */
    readonly observedGeneration?: number;
    /** The reason for the condition's last transition. */
    readonly reason?: string;
    /** Status of the condition, one of True, False, Unknown. */
    readonly status?: string;
    /** Type of condition. */
    readonly type?: string;
  }[];
  /** Whether there is a conflict with this VLAN */
  readonly conflict?: boolean;
  /** List of subnet names using this VLAN */
  readonly subnets?: readonly string[];
};

export type VpcSpec = {
  /**
   * optional BFD LRP configuration
   * currently the LRP is used for vpc external gateway only
   */
  readonly bfdPort?: {
    /** Enable BFD port */
    readonly enabled?: boolean;
    /** ip address(es) of the BFD port */
    readonly ip?: string;
    /**
     * Optional node selector used to select the nodes where the BFD LRP will be hosted.
     * If not specified, at most 3 nodes will be selected.
     */
    readonly nodeSelector?: {
      /** matchExpressions is a list of label selector requirements. The requirements are ANDed. */
      readonly matchExpressions?: readonly {
        /** key is the label key that the selector applies to. */
        readonly key: string;
        /**
         * operator represents a key's relationship to a set of values.
         * Valid operators are In, NotIn, Exists and DoesNotExist.
         */
        readonly operator: string;
        /**
         * values is an array of string values. If the operator is In or NotIn,
         * the values array must be non-empty. If the operator is Exists or DoesNotExist,
         * the values array must be empty. This array is replaced during a strategic
         * merge patch.
         */
        readonly values?: readonly string[];
      }[];
      /**
       * matchLabels is a map of {key,value} pairs. A single {key,value} in the matchLabels
       * map is equivalent to an element of matchExpressions, whose key field is "key", the
       * operator is "In", and the values array contains only "value". The requirements are ANDed.
       */
      readonly matchLabels?: Readonly<Record<string, string>>;
    };
  };
  /** The default subnet name for the VPC */
  readonly defaultSubnet?: string;
  /** Enable BFD (Bidirectional Forwarding Detection) for the VPC */
  readonly enableBfd?: boolean;
  /** Enable external network access for the VPC */
  readonly enableExternal?: boolean;
  /** Extra external subnets for provider-network VLAN. Immutable after creation. */
  readonly extraExternalSubnets?: readonly string[];
  /** List of namespaces that can use this VPC */
  readonly namespaces?: readonly string[];
  /** Policy routes for the VPC. */
  readonly policyRoutes?: readonly {
    /** Action of the policy route */
    readonly action?: string;
    /** Match of the policy route */
    readonly match?: string;
    /** NextHopIP is an optional parameter. It needs to be provided only when 'action' is 'reroute'. */
    readonly nextHopIP?: string;
    /** Priority of the policy route (0-32767) */
    readonly priority?: number;
  }[];
  /** Static routes for the VPC. */
  readonly staticRoutes?: readonly {
    readonly bfdId?: string;
    readonly cidr?: string;
    readonly ecmpMode?: string;
    readonly nextHopIP?: string;
    readonly policy?: string;
    readonly routeTable?: string;
  }[];
  /** VPC peering configurations. */
  readonly vpcPeerings?: readonly {
    readonly localConnectIP?: string;
    readonly remoteVpc?: string;
  }[];
};

export type VpcStatus = {
  readonly bfdPort?: {
    /** BFD port IP address */
    readonly ip?: string;
    /** BFD port name */
    readonly name?: string;
    /** Nodes where BFD port is deployed */
    readonly nodes?: readonly string[];
  };
  /** Conditions represents the latest state of the object */
  readonly conditions?: readonly {
    /** Last time the condition transitioned from one status to another. */
    readonly lastTransitionTime?: string;
    /** Last time the condition was probed */
    readonly lastUpdateTime?: string;
    /** A human readable message indicating details about the transition. */
    readonly message?: string;
    /**
     * ObservedGeneration represents the .metadata.generation that the condition was set based upon.
     * For instance, if .metadata.generation is currently 12, but the .status.conditions[x].observedGeneration is 9,
     * the condition is out of date with respect to the current state of the instance.
     */
    readonly observedGeneration?: number;
    /** The reason for the condition's last transition. */
    readonly reason?: string;
    /** Status of the condition, one of True, False, Unknown. */
    readonly status?: string;
    /** Type of condition. */
    readonly type?: string;
  }[];
  /** Whether this is the default VPC. */
  readonly default?: boolean;
  readonly defaultLogicalSwitch?: string;
  readonly enableBfd?: boolean;
  readonly enableExternal?: boolean;
  /** Extra external subnets for provider-network VLAN. Immutable after creation. */
  readonly extraExternalSubnets?: readonly string[];
  readonly router?: string;
  readonly sctpLoadBalancer?: string;
  readonly sctpSessionLoadBalancer?: string;
  readonly standby?: boolean;
  readonly subnets?: readonly string[];
  readonly tcpLoadBalancer?: string;
  readonly tcpSessionLoadBalancer?: string;
  readonly udpLoadBalancer?: string;
  readonly udpSessionLoadBalancer?: string;
  /** VPC peering configurations. */
  readonly vpcPeerings?: readonly string[];
};

export type SubnetSpec = {
  /** ACL rules for the subnet. */
  readonly acls?: readonly {
    readonly action?: string;
    readonly direction?: string;
    readonly match?: string;
    readonly priority?: number;
  }[];
  /** Allow east-west traffic across subnets. */
  readonly allowEWTraffic?: boolean;
  /** Allowed subnets for east-west traffic. */
  readonly allowSubnets?: readonly string[];
  /** CIDR block for the subnet. Immutable after creation. */
  readonly cidrBlock?: string;
  /** Whether this is the default subnet. */
  readonly default?: boolean;
  /** DHCPv4 options UUID. */
  readonly dhcpV4Options?: string;
  /** DHCPv6 options UUID. */
  readonly dhcpV6Options?: string;
  /** Disable gateway readiness check. */
  readonly disableGatewayCheck?: boolean;
  /** Disable interconnection for the subnet. */
  readonly disableInterConnection?: boolean;
  /** Enable DHCP for the subnet. */
  readonly enableDHCP?: boolean;
  /** Enable ECMP for centralized gateway. */
  readonly enableEcmp?: boolean;
  /** Enable external LB address support. */
  readonly enableExternalLBAddress?: boolean;
  /** Enable IPv6 Router Advertisement. */
  readonly enableIPv6RA?: boolean;
  /** Enable LoadBalancer on this subnet. */
  readonly enableLb?: boolean;
  /** Enable multicast snoop. */
  readonly enableMulticastSnoop?: boolean;
  /** IP addresses to exclude from allocation. */
  readonly excludeIps?: readonly string[];
  /** External egress gateway IPs. */
  readonly externalEgressGateway?: string;
  /** Gateway IP address for the subnet. */
  readonly gateway?: string;
  /** Gateway node(s) for centralized gateway type. */
  readonly gatewayNode?: string;
  /** Selectors to choose gateway nodes. */
  readonly gatewayNodeSelectors?: readonly {
    /** matchExpressions is a list of label selector requirements. The requirements are ANDed. */
    readonly matchExpressions?: readonly {
      /** key is the label key that the selector applies to. */
      readonly key: string;
      /**
       * operator represents a key's relationship to a set of values.
       * Valid operators are In, NotIn, Exists and DoesNotExist.
       */
      readonly operator: string;
      /**
       * values is an array of string values. If the operator is In or NotIn,
       * the values array must be non-empty. If the operator is Exists or DoesNotExist,
       * the values array must be empty. This array is replaced during a strategic
       * merge patch.
       */
      readonly values?: readonly string[];
    }[];
    /**
     * matchLabels is a map of {key,value} pairs. A single {key,value} in the matchLabels
     * map is equivalent to an element of matchExpressions, whose key field is "key", the
     * operator is "In", and the values array contains only "value". The requirements are ANDed.
     */
    readonly matchLabels?: Readonly<Record<string, string>>;
  }[];
  /** Gateway type (distributed or centralized). */
  readonly gatewayType?: string;
  /** IPv6 RA configuration options. */
  readonly ipv6RAConfigs?: string;
  /** Enable logical gateway. */
  readonly logicalGateway?: boolean;
  /** MTU for pods in this subnet. */
  readonly mtu?: number;
  /** Namespace label selectors to associate with this subnet. */
  readonly namespaceSelectors?: readonly {
    /** matchExpressions is a list of label selector requirements. The requirements are ANDed. */
    readonly matchExpressions?: readonly {
      /** key is the label key that the selector applies to. */
      readonly key: string;
      /**
       * operator represents a key's relationship to a set of values.
       * Valid operators are In, NotIn, Exists and DoesNotExist.
       */
      readonly operator: string;
      /**
       * values is an array of string values. If the operator is In or NotIn,
       * the values array must be non-empty. If the operator is Exists or DoesNotExist,
       * the values array must be empty. This array is replaced during a strategic
       * merge patch.
       */
      readonly values?: readonly string[];
    }[];
    /**
     * matchLabels is a map of {key,value} pairs. A single {key,value} in the matchLabels
     * map is equivalent to an element of matchExpressions, whose key field is "key", the
     * operator is "In", and the values array contains only "value". The requirements are ANDed.
     */
    readonly matchLabels?: Readonly<Record<string, string>>;
  }[];
  /** List of namespaces associated with this subnet. */
  readonly namespaces?: readonly string[];
  /** Enable NAT outgoing for the subnet. */
  readonly natOutgoing?: boolean;
  /** NAT outgoing policy rules. */
  readonly natOutgoingPolicyRules?: readonly {
    readonly action?: string;
    readonly match?: {
      readonly dstIPs?: string;
      readonly srcIPs?: string;
    };
  }[];
  /** Node network name for underlay. */
  readonly nodeNetwork?: string;
  /** Policy routing priority. */
  readonly policyRoutingPriority?: number;
  /** Policy routing table ID. */
  readonly policyRoutingTableID?: number;
  /** Whether the subnet is private. */
  readonly private?: boolean;
  /** Network protocol (IPv4, IPv6, or Dual). Immutable after creation. */
  readonly protocol?: string;
  /** Provider network name. */
  readonly provider?: string;
  /** Route table associated with the subnet. */
  readonly routeTable?: string;
  readonly u2oFeatures?: {
    readonly overlayOnlyRouting?: boolean;
  };
  /** Enable underlay to overlay interconnection. */
  readonly u2oInterconnection?: boolean;
  /** Underlay to overlay interconnection IP. */
  readonly u2oInterconnectionIP?: string;
  /** Virtual IP addresses for the subnet. */
  readonly vips?: readonly string[];
  /** VLAN ID or provider network name. */
  readonly vlan?: string;
  /** VPC name for the subnet. Immutable after creation. */
  readonly vpc?: string;
};

export type SubnetStatus = {
  readonly activateGateway?: string;
  /** Conditions represents the latest state of the object */
  readonly conditions?: readonly {
    /** Last time the condition transitioned from one status to another. */
    readonly lastTransitionTime?: string;
    /** Last time the condition was probed */
    readonly lastUpdateTime?: string;
    /** A human readable message indicating details about the transition. */
    readonly message?: string;
    /**
     * ObservedGeneration represents the .metadata.generation that the condition was set based upon.
     * For instance, if .metadata.generation is currently 12, but the .status.conditions[x].observedGeneration is 9,
     * the condition is out of date with respect to the current state of the instance.
     */
    readonly observedGeneration?: number;
    /** The reason for the condition's last transition. */
    readonly reason?: string;
    /** Status of the condition, one of True, False, Unknown. */
    readonly status?: string;
    /** Type of condition. */
    readonly type?: string;
  }[];
  readonly dhcpV4OptionsUUID?: string;
  readonly dhcpV6OptionsUUID?: string;
  readonly mcastQuerierIP?: string;
  readonly mcastQuerierMAC?: string;
  /** NAT outgoing policy rules. */
  readonly natOutgoingPolicyRules?: readonly {
    readonly action?: string;
    readonly match?: {
      readonly dstIPs?: string;
      readonly srcIPs?: string;
    };
    readonly ruleID?: string;
  }[];
  /** Underlay to overlay interconnection IP. */
  readonly u2oInterconnectionIP?: string;
  readonly u2oInterconnectionMAC?: string;
  readonly u2oInterconnectionVPC?: string;
  readonly v4availableIPrange?: string;
  readonly v4availableIPs?: number;
  readonly v4usingIPrange?: string;
  readonly v4usingIPs?: number;
  readonly v6availableIPrange?: string;
  readonly v6availableIPs?: number;
  readonly v6usingIPrange?: string;
  readonly v6usingIPs?: number;
};

export type IPSpec = {
  /** Additional IP addresses from attached subnets */
  readonly attachIps?: readonly string[];
  /** MAC addresses for attached IPs */
  readonly attachMacs?: readonly string[];
  /** Additional attached subnets */
  readonly attachSubnets?: readonly string[];
  /** Container ID */
  readonly containerID?: string;
  /** IP address (deprecated, use v4IpAddress or v6IpAddress) */
  readonly ipAddress?: string;
  /** MAC address for the primary IP */
  readonly macAddress?: string;
  /** Namespace of the pod */
  readonly namespace?: string;
  /** Node name where the pod resides */
  readonly nodeName?: string;
  /** Pod name that this IP belongs to */
  readonly podName?: string;
  /** Pod type (e.g., pod, vm) */
  readonly podType?: string;
  /** Primary subnet name for the IP. This field is immutable after creation. */
  readonly subnet?: string;
  /** IPv4 address */
  readonly v4IpAddress?: string;
  /** IPv6 address */
  readonly v6IpAddress?: string;
};

export type VipSpec = {
  /** Additional subnets to attach */
  readonly attachSubnets?: readonly string[];
  /** MAC address for the VIP */
  readonly macAddress?: string;
  /** Namespace where the VIP is created. This field is immutable after creation. */
  readonly namespace?: string;
  /** Pod names to be selected by this VIP */
  readonly selector?: readonly string[];
  /** Subnet name for the VIP. This field is immutable after creation. */
  readonly subnet?: string;
  /** Type of VIP. This field is immutable after creation. */
  readonly type?: string;
  /** usage type: switch lb vip, allowed address pair vip by default */
  readonly v4ip?: string;
  /** Specific IPv6 address to use (optional, will be allocated if not specified) */
  readonly v6ip?: string;
};

export type VipStatus = {
  /** Conditions represents the latest state of the object */
  readonly conditions?: readonly {
    /** Last time the condition transitioned from one status to another. */
    readonly lastTransitionTime?: string;
    /** Last time the condition was probed */
    readonly lastUpdateTime?: string;
    /** A human readable message indicating details about the transition. */
    readonly message?: string;
    /**
     * ObservedGeneration represents the .metadata.generation that the condition was set based upon.
     * For instance, if .metadata.generation is currently 12, but the .status.conditions[x].observedGeneration is 9,
     * the condition is out of date with respect to the current state of the instance.
     */
    readonly observedGeneration?: number;
    /** The reason for the condition's last transition. */
    readonly reason?: string;
    /** Status of the condition, one of True, False, Unknown. */
    readonly status?: string;
    /** Type of condition. */
    readonly type?: string;
  }[];
  /** MAC address associated with the VIP */
  readonly mac?: string;
  /** Pod names selected by this VIP */
  readonly selector?: readonly string[];
  /** Type of VIP (e.g., Layer2, HealthCheck) */
  readonly type?: string;
  /** Allocated IPv4 address */
  readonly v4ip?: string;
  /** Allocated IPv6 address */
  readonly v6ip?: string;
};

export type OvnEipSpec = {
  /** External subnet name. This field is immutable after creation. */
  readonly externalSubnet?: string;
  /** MAC address for the EIP */
  readonly macAddress?: string;
  /** Type of the OVN EIP (e.g., normal, distributed) */
  readonly type?: string;
  /** IPv4 address for the EIP */
  readonly v4Ip?: string;
  /** IPv6 address for the EIP */
  readonly v6Ip?: string;
};

export type OvnEipStatus = {
  /** Conditions represents the latest state of the object */
  readonly conditions?: readonly {
    /** Last time the condition transitioned from one status to another. */
    readonly lastTransitionTime?: string;
    /** Last time the condition was probed */
    readonly lastUpdateTime?: string;
    /** A human readable message indicating details about the transition. */
    readonly message?: string;
    /**
     * ObservedGeneration represents the .metadata.generation that the condition was set based upon.
     * For instance, if .metadata.generation is currently 12, but the .status.conditions[x].observedGeneration is 9,
     * the condition is out of date with respect to the current state of the instance.
     */
    readonly observedGeneration?: number;
    /** The reason for the condition's last transition. */
    readonly reason?: string;
    /** Status of the condition, one of True, False, Unknown. */
    readonly status?: string;
    /** Type of condition. */
    readonly type?: string;
  }[];
  /** MAC address assigned to the EIP */
  readonly macAddress?: string;
  /** NAT configuration status */
  readonly nat?: string;
  /** Indicates whether the EIP is ready */
  readonly ready?: boolean;
  /** Type of the OVN EIP */
  readonly type?: string;
  /** IPv4 address assigned to the EIP */
  readonly v4Ip?: string;
  /** IPv6 address assigned to the EIP */
  readonly v6Ip?: string;
};

export type OvnSnatRuleSpec = {
  /** IP resource name */
  readonly ipName?: string;
  /** OVN EIP name for SNAT rule */
  readonly ovnEip?: string;
  /** IPv4 CIDR for SNAT */
  readonly v4IpCidr?: string;
  /** IPv6 CIDR for SNAT */
  readonly v6IpCidr?: string;
  /** VPC name. This field is immutable after creation. */
  readonly vpc?: string;
  /** VPC subnet name for SNAT */
  readonly vpcSubnet?: string;
};

export type OvnSnatRuleStatus = {
  /** Conditions represents the latest state of the object */
  readonly conditions?: readonly {
    /** Last time the condition transitioned from one status to another. */
    readonly lastTransitionTime?: string;
    /** Last time the condition was probed */
    readonly lastUpdateTime?: string;
    /** A human readable message indicating details about the transition. */
    readonly message?: string;
    /**
     * ObservedGeneration represents the .metadata.generation that the condition was set based upon.
     * For instance, if .metadata.generation is currently 12, but the .status.conditions[x].observedGeneration is 9,
     * the condition is out of date with respect to the current state of the instance.
     */
    readonly observedGeneration?: number;
    /** The reason for the condition's last transition. */
    readonly reason?: string;
    /** Status of the condition, one of True, False, Unknown. */
    readonly status?: string;
    /** Type of condition. */
    readonly type?: string;
  }[];
  /** Indicates whether the SNAT rule is ready */
  readonly ready?: boolean;
  /** V4Eip is the IPv4 EIP address */
  readonly v4Eip?: string;
  /** V4IpCidr is the IPv4 CIDR of the SNAT rule */
  readonly v4IpCidr?: string;
  /** V6Eip is the IPv6 EIP address */
  readonly v6Eip?: string;
  /** V6IpCidr is the IPv6 CIDR of the SNAT rule */
  readonly v6IpCidr?: string;
  /** VPC name where the SNAT rule is configured */
  readonly vpc?: string;
};

export type IptablesEIPSpec = {
  /** External subnet name. This field is immutable after creation. */
  readonly externalSubnet?: string;
  /** MAC address for the EIP */
  readonly macAddress?: string;
  /** NAT gateway datapath where the EIP is assigned */
  readonly natGwDp?: string;
  /** QoS policy name to apply to the EIP */
  readonly qosPolicy?: string;
  /** IPv4 address for the EIP */
  readonly v4ip?: string;
  /** IPv6 address for the EIP */
  readonly v6ip?: string;
};

export type IptablesEIPStatus = {
  /** Conditions represents the latest state of the object */
  readonly conditions?: readonly {
    /** Last time the condition transitioned from one status to another. */
    readonly lastTransitionTime?: string;
    /** Last time the condition was probed */
    readonly lastUpdateTime?: string;
    /** A human readable message indicating details about the transition. */
    readonly message?: string;
    /**
     * ObservedGeneration represents the .metadata.generation that the condition was set based upon.
     * For instance, if .metadata.generation is currently 12, but the .status.conditions[x].observedGeneration is 9,
     * the condition is out of date with respect to the current state of the instance.
     */
    readonly observedGeneration?: number;
    /** The reason for the condition's last transition. */
    readonly reason?: string;
    /** Status of the condition, one of True, False, Unknown. */
    readonly status?: string;
    /** Type of condition. */
    readonly type?: string;
  }[];
  /** IPv4 address of the EIP */
  readonly ip?: string;
  /** NAT type (snat or dnat) */
  readonly nat?: string;
  /** QoS policy name */
  readonly qosPolicy?: string;
  /** Indicates whether the EIP is ready */
  readonly ready?: boolean;
  /** Redo operation status */
  readonly redo?: string;
};
