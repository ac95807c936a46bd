import {
  updateEip as changeEip,
  findEip,
  createEip as insertEip,
  listEips,
  type NewEip,
  deleteEip as startDeletion,
} from '@netplane/db';
import {
  authorize,
  decideNetworkChoice,
  decideWantedAddress,
  type Eip,
  type EipId,
  notFound,
  parseId,
} from '@netplane/domain';
import { callerOf, type RequestContext } from '../context.ts';
import { patchedLabels, type ResourceService, sameLabels } from '../plugins/resource/service.ts';
import type { CreateEipBody, PatchEipBody } from './eip.schema.ts';

export const eipService: ResourceService<Eip, CreateEipBody, PatchEipBody> = {
  kind: 'eip',

  async create(ctx, body) {
    const scope = authorize(ctx.actor, 'eip.create');
    const hintKey = `${body.project_id} ${body.network ?? ''}`;
    const input = newEip(ctx, body, hintKey);
    const created = await insertEip(ctx.database, scope, callerOf(ctx), input);
    if (!created.replayed) {
      ctx.addressHints.set(hintKey, created.value.address);
      if (!input.wakesWorkers) ctx.wakeWorkers.notify();
    }
    return created;
  },

  async get(ctx, id) {
    return findEip(ctx.database, authorize(ctx.actor, 'eip.get'), id as EipId);
  },

  async list(ctx, request) {
    return listEips(ctx.database, authorize(ctx.actor, 'eip.list'), request);
  },

  async update(ctx, { id, expectedRevision, patch }) {
    const scope = authorize(ctx.actor, 'eip.update');
    const updated = await changeEip(ctx.database, scope, callerOf(ctx), {
      id,
      expectedRevision,
      decide(current) {
        const name = patch.name ?? current.name;
        const labels = patchedLabels(current.labels, patch.labels);
        return name === current.name && sameLabels(labels, current.labels) ? undefined : { name, labels };
      },
    });
    ctx.wakeWorkers.notify();
    return updated;
  },

  async delete(ctx, request) {
    const scope = authorize(ctx.actor, 'eip.delete');
    const deleting = await startDeletion(ctx.database, scope, callerOf(ctx), request);
    ctx.wakeWorkers.notify();
    return deleting;
  },
};

function newEip(ctx: RequestContext, body: CreateEipBody, hintKey: string): NewEip {
  const projectId = parseId('project', body.project_id);
  if (projectId === undefined) throw notFound('/project_id');
  return {
    id: ctx.newId() as EipId,
    projectId,
    name: body.name,
    network: decideNetworkChoice(body.network) ?? null,
    address: decideWantedAddress(body.address, '/address'),
    labels: body.labels ?? {},
    searchFrom: ctx.addressHints.get(hintKey) ?? null,
    wakesWorkers: ctx.wakeWorkers.takeTurn(),
  };
}
