import {
  deleteQuota as bury,
  updateQuota as changeQuota,
  findQuota,
  createQuota as insertQuota,
  listQuotas,
} from '@netplane/db';
import { authorize, decideQuotaKey, notFound, parseId, type Quota, type QuotaId } from '@netplane/domain';
import { callerOf } from '../context.ts';
import { patchedLabels, type ResourceService, sameLabels } from '../plugins/resource/service.ts';
import type { CreateQuotaBody, PatchQuotaBody } from './quota.schema.ts';

export const quotaService: ResourceService<Quota, CreateQuotaBody, PatchQuotaBody> = {
  kind: 'quota',

  async create(ctx, body) {
    const scope = authorize(ctx.actor, 'quota.create');
    const organizationId = parseId('organization', body.organization_id);
    if (organizationId === undefined) throw notFound('/organization_id');
    const projectId = body.project_id ? (parseId('project', body.project_id) ?? null) : null;
    const key = decideQuotaKey({
      resource: body.resource,
      networkType: body.network_type ?? null,
      family: body.family ?? null,
      ofProject: projectId !== null,
    });
    return insertQuota(ctx.database, scope, callerOf(ctx), {
      id: ctx.newId() as QuotaId,
      organizationId,
      projectId,
      key,
      limit: body.limit,
      labels: body.labels ?? {},
    });
  },

  async get(ctx, id) {
    return findQuota(ctx.database, authorize(ctx.actor, 'quota.get'), id as QuotaId);
  },

  async list(ctx, request) {
    return listQuotas(ctx.database, authorize(ctx.actor, 'quota.list'), request);
  },

  async update(ctx, { id, expectedRevision, patch }) {
    const scope = authorize(ctx.actor, 'quota.update');
    return changeQuota(ctx.database, scope, callerOf(ctx), {
      id,
      expectedRevision,
      decide(current) {
        const limit = patch.limit ?? current.limit;
        const labels = patchedLabels(current.labels, patch.labels);
        return limit === current.limit && sameLabels(labels, current.labels) ? undefined : { limit, labels };
      },
    });
  },

  async delete(ctx, request) {
    const scope = authorize(ctx.actor, 'quota.delete');
    await bury(ctx.database, scope, callerOf(ctx), request);
    return undefined;
  },
};
