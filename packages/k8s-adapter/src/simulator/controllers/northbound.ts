import { mapAt, textAt } from '../json.ts';
import type { SimObject } from '../sim-object.ts';

/**
 * The few rows of OVN's northbound database whose absence a client can see: a NAT rule is written into a router that
 * must exist, and its deletion hangs when router or row are gone. As in Kube-OVN 1.16.2 a source NAT row is found by
 * router and logical CIDR alone, so a second rule for the same CIDR writes no row of its own.
 */
export interface Northbound {
  hasRouter(router: string): boolean;
  addRouter(router: string): void;
  /** Its NAT rows go with it. */
  deleteRouter(router: string): void;
  hasSnat(row: SnatRow): boolean;
  addSnat(row: SnatRow): void;
  deleteSnat(row: SnatRow): void;
  /** As if the database had been made anew. */
  clear(): void;
}

interface SnatRow {
  readonly router: string;
  readonly cidr: string;
}

/** Rows as they must have been written for these objects. */
export function createNorthbound(vpcs: Iterable<SimObject>, snatRules: Iterable<SimObject>): Northbound {
  const routers = new Map<string, Set<string>>();
  for (const vpc of vpcs) {
    if (mapAt(vpc, 'status').standby === true) routers.set(vpc.metadata.name, new Set());
  }
  for (const rule of snatRules) {
    const status = mapAt(rule, 'status');
    if (status.ready === true) routers.get(textAt(status, 'vpc'))?.add(textAt(status, 'v4IpCidr'));
  }
  return {
    hasRouter: (router) => routers.has(router),
    addRouter: (router) => {
      if (!routers.has(router)) routers.set(router, new Set());
    },
    deleteRouter: (router) => {
      routers.delete(router);
    },
    hasSnat: ({ router, cidr }) => routers.get(router)?.has(cidr) ?? false,
    addSnat: ({ router, cidr }) => {
      routers.get(router)?.add(cidr);
    },
    deleteSnat: ({ router, cidr }) => {
      routers.get(router)?.delete(cidr);
    },
    clear: () => routers.clear(),
  };
}
