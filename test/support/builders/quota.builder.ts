import type { CreateQuotaBody } from '../../../apps/api/src/quota/quota.schema.ts';

/** Body of `POST /v1/quotas`: ten cloud EIPs of the organization; later changes win. */
export function quotaBody(
  organizationId: string,
  ...changes: readonly Partial<CreateQuotaBody>[]
): CreateQuotaBody {
  return Object.assign(
    { organization_id: organizationId, resource: 'eips', network_type: 'cloud', limit: 10 },
    ...changes,
  );
}
