/** What the API answers, as far as the tests look at it. */
import type { Condition } from '@netplane/domain';
import type { Problem } from '../../../apps/api/src/plugins/http/problem.ts';

export type { Problem };

export interface View {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly revision: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly status: {
    readonly phase: string;
    readonly conditions: readonly Condition[];
    readonly revision: number;
    readonly observed_revision: number;
    readonly updated_at: string;
    readonly next_try_at: string | null;
    readonly message: string;
  };
}

export interface ProjectView extends View {
  readonly organization_id: string;
  readonly cluster_id: string;
  readonly namespace: string;
  readonly cidr: string;
  readonly gateway_address: string;
  readonly egress_network: string;
  readonly network_id: string;
  readonly network_type: string;
  readonly gateway_eip_id: string;
  readonly allow_cidr_overlap: boolean;
}

export interface EipView extends View {
  readonly organization_id: string;
  readonly project_id: string;
  readonly network: string;
  readonly network_id: string;
  readonly network_type: string;
  readonly family: string;
  readonly address: string;
  readonly purpose: string;
  readonly attached_to: readonly { readonly kind: string; readonly id: string; readonly name: string }[];
  readonly managed_by: { readonly kind: string; readonly id: string } | null;
  readonly provisioned_at: string | null;
}

export interface QuotaView extends View {
  readonly organization_id: string;
  readonly project_id: string | null;
  readonly resource: string;
  readonly network_type: string | null;
  readonly limit: number;
  readonly used: number;
}

export interface Page<Item = View> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
  readonly total?: number;
}
