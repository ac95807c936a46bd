/**
 * Who may do what, as a table: `operations.txt` is printed from it and code only asks it.
 * `admin` is the platform administrator; the others are roles in the organization that the operation touches.
 * `any` needs no role: whoever holds a valid token.
 */
import type { Role } from './actor.ts';

export type Allowed = 'admin' | Role | 'any';

const admin = ['admin'] as const;
const owner = ['admin', 'owner'] as const;
const developer = ['admin', 'owner', 'developer'] as const;
const member = ['admin', 'owner', 'developer', 'viewer'] as const;

export const policy = {
  'me.get': ['any'],

  'organization.create': admin,
  'organization.list': member,
  'organization.get': member,
  'organization.update': owner,
  'organization.delete': admin,

  'project.create': owner,
  'project.list': member,
  'project.get': member,
  'project.update': owner,
  'project.delete': owner,

  'cluster.create': admin,
  'cluster.list': member,
  'cluster.get': member,
  'cluster.update': admin,
  'cluster.delete': admin,

  'external-network.create': admin,
  'external-network.list': member,
  'external-network.get': member,
  'external-network.update': admin,
  'external-network.delete': admin,

  'ip-range.create': admin,
  'ip-range.list': admin,
  'ip-range.get': admin,
  'ip-range.update': admin,
  'ip-range.delete': admin,

  'eip.create': developer,
  'eip.list': member,
  'eip.get': member,
  'eip.update': developer,
  'eip.delete': developer,

  'quota.create': admin,
  'quota.list': member,
  'quota.get': member,
  'quota.update': admin,
  'quota.delete': admin,

  'issuer.create': admin,
  'issuer.list': owner,
  'issuer.get': owner,
  'issuer.update': admin,
  'issuer.delete': admin,

  'role-binding.create': owner,
  'role-binding.list': owner,
  'role-binding.get': owner,
  'role-binding.update': owner,
  'role-binding.delete': owner,
} as const satisfies Record<string, readonly Allowed[]>;

export type Operation = keyof typeof policy;

export const operations = Object.keys(policy) as readonly Operation[]; // keys of a const object are its type's keys

/** Whether that role may do it in its own organization. */
export function roleMay(role: Role, operation: Operation): boolean {
  const allowed: readonly Allowed[] = policy[operation];
  return allowed.includes(role) || allowed.includes('any');
}

/** Operations that a role may do, in the table's order; what `/v1/me` shows. */
export function operationsOf(role: Role): readonly Operation[] {
  return operations.filter((operation) => operation !== 'me.get' && roleMay(role, operation));
}
