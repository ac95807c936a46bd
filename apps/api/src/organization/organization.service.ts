import {
  deleteOrganization as bury,
  updateOrganization as changeOrganization,
  findOrganization,
  createOrganization as insertOrganization,
  listOrganizations,
} from '@netplane/db';
import {
  authorize,
  defaultQuotas,
  type Organization,
  type OrganizationId,
  type QuotaDefaults,
} from '@netplane/domain';
import type { ApiSettings } from '../config.ts';
import { callerOf } from '../context.ts';
import { patchedLabels, type ResourceService, sameLabels } from '../plugins/resource/service.ts';
import type { CreateOrganizationBody, PatchOrganizationBody } from './organization.schema.ts';

export const organizationService: ResourceService<
  Organization,
  CreateOrganizationBody,
  PatchOrganizationBody
> = {
  kind: 'organization',

  async create(ctx, body) {
    const scope = authorize(ctx.actor, 'organization.create');
    const quotas = quotaDefaultsOf(ctx.settings);
    return insertOrganization(ctx.database, scope, callerOf(ctx), {
      id: ctx.newId() as OrganizationId,
      name: body.name,
      displayName: body.display_name ?? null,
      labels: body.labels ?? {},
      quotas,
      quotaIds: defaultQuotas(quotas).map(() => ctx.newId()),
    });
  },

  async get(ctx, id) {
    return findOrganization(ctx.database, authorize(ctx.actor, 'organization.get'), id as OrganizationId);
  },

  async list(ctx, request) {
    return listOrganizations(ctx.database, authorize(ctx.actor, 'organization.list'), request);
  },

  async update(ctx, { id, expectedRevision, patch }) {
    const scope = authorize(ctx.actor, 'organization.update');
    return changeOrganization(ctx.database, scope, callerOf(ctx), {
      id,
      expectedRevision,
      decide(current) {
        const displayName = patch.display_name === undefined ? current.displayName : patch.display_name;
        const labels = patchedLabels(current.labels, patch.labels);
        const isSame = displayName === current.displayName && sameLabels(labels, current.labels);
        return isSame ? undefined : { displayName, labels };
      },
    });
  },

  async delete(ctx, request) {
    const scope = authorize(ctx.actor, 'organization.delete');
    await bury(ctx.database, scope, callerOf(ctx), request);
    return undefined;
  },
};

function quotaDefaultsOf(settings: ApiSettings): QuotaDefaults {
  return {
    projects: settings.DEFAULT_QUOTA_PROJECTS,
    cloudEips: settings.DEFAULT_QUOTA_CLOUD_EIPS,
    publicEips: settings.DEFAULT_QUOTA_PUBLIC_EIPS,
    projectAddresses: settings.DEFAULT_QUOTA_PROJECT_ADDRESSES,
  };
}
