import { createHash } from 'node:crypto';
import {
  updateProject as changeProject,
  findProject,
  createProject as insertProject,
  listProjects,
  type NewProject,
  deleteProject as startDeletion,
} from '@netplane/db';
import {
  authorize,
  decideNetworkChoice,
  type EipId,
  NetplaneError,
  notFound,
  type Project,
  type ProjectId,
  parseId,
  type SnatRuleId,
  type SubnetId,
} from '@netplane/domain';
import { callerOf, type RequestContext } from '../context.ts';
import { patchedLabels, type ResourceService, sameLabels } from '../plugins/resource/service.ts';
import type { CreateProjectBody, PatchProjectBody } from './project.schema.ts';

const DEFAULT_EGRESS = { word: 'cloud', id: null };

export const projectService: ResourceService<Project, CreateProjectBody, PatchProjectBody> = {
  kind: 'project',

  async create(ctx, body) {
    const scope = authorize(ctx.actor, 'project.create');
    const created = await insertProject(ctx.database, scope, callerOf(ctx), newProject(ctx, body));
    ctx.wakeWorkers.notify();
    return created;
  },

  async get(ctx, id) {
    return findProject(ctx.database, authorize(ctx.actor, 'project.get'), id as ProjectId);
  },

  async list(ctx, request) {
    return listProjects(ctx.database, authorize(ctx.actor, 'project.list'), request);
  },

  async update(ctx, { id, expectedRevision, patch }) {
    const scope = authorize(ctx.actor, 'project.update');
    const updated = await changeProject(ctx.database, scope, callerOf(ctx), {
      id,
      expectedRevision,
      decide(current) {
        const labels = patchedLabels(current.labels, patch.labels);
        return sameLabels(labels, current.labels) ? undefined : { labels };
      },
    });
    ctx.wakeWorkers.notify();
    return updated;
  },

  async delete(ctx, request) {
    const scope = authorize(ctx.actor, 'project.delete');
    const deleting = await startDeletion(ctx.database, scope, callerOf(ctx), request);
    ctx.wakeWorkers.notify();
    return deleting;
  },
};

/** @throws NetplaneError `forbidden` for an overlap that only the platform may allow */
function newProject(ctx: RequestContext, body: CreateProjectBody): NewProject {
  const allowCidrOverlap = body.allow_cidr_overlap ?? false;
  if (allowCidrOverlap && !ctx.actor.platformAdmin) {
    throw new NetplaneError('forbidden', {
      detail: 'Only platform administrators may allow a CIDR to overlap.',
      errors: [{ pointer: '/allow_cidr_overlap' }],
    });
  }
  const id = ctx.newId() as ProjectId;
  const organizationId = parseId('organization', body.organization_id);
  if (organizationId === undefined) throw notFound('/organization_id');
  return {
    id,
    eipId: ctx.newId() as EipId,
    subnetId: ctx.newId() as SubnetId,
    snatRuleId: ctx.newId() as SnatRuleId,
    idHash: createHash('sha256').update(id).digest('hex'),
    organizationId,
    name: body.name,
    clusterId: body.cluster_id === undefined ? null : (parseId('cluster', body.cluster_id) ?? null),
    cidr: body.cidr === undefined || body.cidr === 'auto' ? null : body.cidr,
    egressNetwork: decideNetworkChoice(body.egress_network) ?? DEFAULT_EGRESS,
    labels: body.labels ?? {},
    allowCidrOverlap,
  };
}
