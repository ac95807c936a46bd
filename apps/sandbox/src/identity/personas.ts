/** Whose tokens the sandbox hands out. Their subjects stay the same over restarts. */
import type { Role } from '@netplane/domain';

export interface Persona {
  /** Name in `sandbox.json`. */
  readonly key: string;
  readonly subject: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly binding: { readonly organization: string; readonly role: Role } | null;
}

export const personas: readonly Persona[] = [
  {
    key: 'platform_admin',
    subject: 'platform-admin',
    claims: { email: 'platform@netplane.example', platform_admin: true },
    binding: null,
  },
  {
    key: 'acme_owner',
    subject: 'acme-owner',
    claims: { email: 'owner@acme.example' },
    binding: { organization: 'acme', role: 'owner' },
  },
  {
    key: 'acme_developer',
    subject: 'acme-developer',
    claims: { email: 'developer@acme.example' },
    binding: { organization: 'acme', role: 'developer' },
  },
  {
    key: 'acme_viewer',
    subject: 'acme-viewer',
    claims: { email: 'viewer@acme.example' },
    binding: { organization: 'acme', role: 'viewer' },
  },
  {
    key: 'other_owner',
    subject: 'other-owner',
    claims: { email: 'owner@other.example' },
    binding: { organization: 'other', role: 'owner' },
  },
];
