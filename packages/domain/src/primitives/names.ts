/** Names that tenants and operators choose. */

/** Organization: a slug that later begins namespaces. */
export const organizationNamePattern = '^[a-z]([-a-z0-9]{0,30}[a-z0-9])?$';

/** Every other kind: a DNS label (RFC 1123), at most 63 characters. */
export const namePattern = '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$';

/** Kube-OVN makes the bridge `br-<name>`, and an interface name has at most 15 bytes (Linux, IFNAMSIZ). */
export const providerNetworkPattern = '^[a-z]([-a-z0-9]{0,10}[a-z0-9])?$';

/** Name of an existing Kubernetes object (RFC 1123 subdomain). */
export const objectNamePattern = '^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$';
