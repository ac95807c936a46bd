import type { CreateIpRangeBody } from '../../../apps/api/src/ip-range/ip-range.schema.ts';

/** Body of `POST /v1/ip-ranges`; later changes win. */
export function ipRangeBody(
  externalNetworkId: string,
  span: { readonly first: string; readonly last: string },
  ...changes: readonly Partial<CreateIpRangeBody>[]
): CreateIpRangeBody {
  return Object.assign({ external_network_id: externalNetworkId, ...span }, ...changes);
}
