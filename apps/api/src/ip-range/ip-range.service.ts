import {
  updateIpRange as changeRange,
  findIpRange,
  createIpRange as insertRange,
  listIpRanges,
  deleteIpRange as startDeletion,
} from '@netplane/db';
import {
  assertCanonicalAddress,
  authorize,
  type IpRange,
  type IpRangeId,
  notFound,
  parseId,
} from '@netplane/domain';
import { callerOf } from '../context.ts';
import { patchedLabels, type ResourceService, sameLabels } from '../plugins/resource/service.ts';
import type { CreateIpRangeBody, PatchIpRangeBody } from './ip-range.schema.ts';

export const ipRangeService: ResourceService<IpRange, CreateIpRangeBody, PatchIpRangeBody> = {
  kind: 'ip-range',

  async create(ctx, body) {
    const scope = authorize(ctx.actor, 'ip-range.create');
    const externalNetworkId = parseId('external-network', body.external_network_id);
    if (externalNetworkId === undefined) throw notFound('/external_network_id');
    assertCanonicalAddress(body.first, '/first');
    assertCanonicalAddress(body.last, '/last');
    const created = await insertRange(ctx.database, scope, callerOf(ctx), {
      id: ctx.newId() as IpRangeId,
      externalNetworkId,
      first: body.first,
      last: body.last,
      reservations: body.reservations ?? [],
      manageExcludeIps: body.manage_exclude_ips ?? false,
      labels: body.labels ?? {},
    });
    ctx.wakeWorkers.notify();
    return created;
  },

  async get(ctx, id) {
    return findIpRange(ctx.database, authorize(ctx.actor, 'ip-range.get'), id as IpRangeId);
  },

  async list(ctx, request) {
    return listIpRanges(ctx.database, authorize(ctx.actor, 'ip-range.list'), request);
  },

  async update(ctx, { id, expectedRevision, patch }) {
    const scope = authorize(ctx.actor, 'ip-range.update');
    const updated = await changeRange(ctx.database, scope, callerOf(ctx), {
      id,
      expectedRevision,
      decide(current) {
        const manageExcludeIps = patch.manage_exclude_ips ?? current.manageExcludeIps;
        const labels = patchedLabels(current.labels, patch.labels);
        const isSame = manageExcludeIps === current.manageExcludeIps && sameLabels(labels, current.labels);
        return isSame ? undefined : { manageExcludeIps, labels };
      },
    });
    ctx.wakeWorkers.notify();
    return updated;
  },

  async delete(ctx, request) {
    const scope = authorize(ctx.actor, 'ip-range.delete');
    const deleting = await startDeletion(ctx.database, scope, callerOf(ctx), request);
    ctx.wakeWorkers.notify();
    return deleting;
  },
};
