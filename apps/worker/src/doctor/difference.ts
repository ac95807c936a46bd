/** What the doctor says, in one form for people, scripts and metrics. */

export interface Difference {
  readonly kind: string;
  /** Whom or what it is about: an object by kind and name, an id, an address, a counter. */
  readonly subject: string;
  readonly detail: string;
}

/** What can leak, with what that means. Each is a label of `netplane_leaks`. */
export const leakKinds = {
  unknown_object: 'carries the label of this installation, and no row has its uid',
  double_object: 'is a second object where its owner has one',
  missing_object: 'is recorded, its resource says that it is ready, and the cluster does not have it',
  ownerless_row: 'is recorded for a resource that is gone',
  unattended: 'is not ready, and nobody works on it',
  used_free_address: 'may be handed out although something on the cluster holds it',
  address_of_another: 'is held for an EIP that has another address',
  router_port: 'is not one address for the one router port of a project',
  quarantine_overdue: 'should have left quarantine long ago',
  blocked_without_reason: 'is blocked, and nobody says why',
  addresses_of_range: 'has more or fewer addresses than it spans',
} as const;

export type LeakKind = keyof typeof leakKinds;
