import {
  deleteRoleBinding as bury,
  updateRoleBinding as changeBinding,
  findRoleBinding,
  createRoleBinding as insertBinding,
  listRoleBindings,
} from '@netplane/db';
import {
  assertBindingHolder,
  authorize,
  notFound,
  parseId,
  type RoleBinding,
  type RoleBindingId,
  type Scope,
} from '@netplane/domain';
import { callerOf } from '../context.ts';
import { patchedLabels, type ResourceService, sameLabels } from '../plugins/resource/service.ts';
import type { CreateRoleBindingBody, PatchRoleBindingBody } from './role-binding.schema.ts';

export const roleBindingService: ResourceService<RoleBinding, CreateRoleBindingBody, PatchRoleBindingBody> = {
  kind: 'role-binding',

  async create(ctx, body) {
    const scope = authorize(ctx.actor, 'role-binding.create');
    const organizationId = parseId('organization', body.organization_id);
    if (organizationId === undefined) throw notFound('/organization_id');
    const issuerId = parseId('issuer', body.issuer_id);
    if (issuerId === undefined) throw notFound('/issuer_id');
    const subject = body.subject ?? null;
    const group = body.group ?? null;
    assertBindingHolder(subject, group);
    return insertBinding(ctx.database, scope, callerOf(ctx), {
      id: ctx.newId() as RoleBindingId,
      organizationId,
      issuerId,
      subject,
      group,
      role: body.role,
      labels: body.labels ?? {},
    });
  },

  async get(ctx, id) {
    const scope = authorize(ctx.actor, 'role-binding.get');
    return findRoleBinding(ctx.database, ownersOnly(scope), id as RoleBindingId);
  },

  async list(ctx, request) {
    return listRoleBindings(ctx.database, ownersOnly(authorize(ctx.actor, 'role-binding.list')), request);
  },

  async update(ctx, { id, expectedRevision, patch }) {
    const scope = authorize(ctx.actor, 'role-binding.update');
    return changeBinding(ctx.database, scope, callerOf(ctx), {
      id,
      expectedRevision,
      decide(current) {
        const role = patch.role ?? current.role;
        const labels = patchedLabels(current.labels, patch.labels);
        return role === current.role && sameLabels(labels, current.labels) ? undefined : { role, labels };
      },
    });
  },

  async delete(ctx, request) {
    const scope = authorize(ctx.actor, 'role-binding.delete');
    await bury(ctx.database, scope, callerOf(ctx), request);
    return undefined;
  },
};

/** Who belongs to an organization is its owners' business. */
function ownersOnly(scope: Scope): Scope {
  return scope.kind === 'platform' ? scope : { ...scope, visible: scope.permitted };
}
