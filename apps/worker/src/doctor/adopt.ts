/**
 * Makes the rows of objects that no row knows: of an EIP, of a whole project, or of what is missing for a resource that
 * has its row. Nothing is written on the cluster, and the next pass finds everything as it should be.
 */
import { adopt, findOrganizationName, hasRow, listNetworkSubnets } from '@netplane/db';
import { isNetplaneError, parseId } from '@netplane/domain';
import type { KubeObject } from '@netplane/k8s-adapter';
import { adoptedEip, adoptedObject, adoptedProject } from './adoption-values.ts';
import type { DoctorContext } from './session.ts';
import { findTarget, type LabelledOwner, listOrphans, ownerOf, RefusedError } from './target.ts';

/**
 * @returns a line for each resource
 * @throws RefusedError, and nothing of that target was done
 */
export async function adoptTargets(
  ctx: DoctorContext,
  targets: readonly string[],
  name: string | null,
): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const target of targets) {
    const orphans = await listOrphans(ctx); // the one before may have taken some along
    lines.push(await adoptOne(ctx, orphans, findTarget(orphans, target), name));
  }
  return lines;
}

async function adoptOne(
  ctx: DoctorContext,
  orphans: readonly KubeObject[],
  target: KubeObject,
  name: string | null,
): Promise<string> {
  const owner = ownerOf(target);
  const what = `${owner.kind} ${owner.id}`;
  const own = orphans.filter((object) => ownerOf(object).id === owner.id);
  try {
    if (await hasRow(ctx.database, owner.kind, owner.id)) {
      await adopt(ctx.database, {
        clusterId: ctx.clusterId,
        objects: own.map((each) => adoptedObject(each)),
      });
      return `${what}: ${own.length} objects recorded`;
    }
    if (owner.kind === 'eip') return await adoptNewEip(ctx, target, owner, name);
    if (owner.kind === 'project') return await adoptNewProject(ctx, orphans, owner, name);
  } catch (error) {
    throw isNetplaneError(error) ? new RefusedError(`${what}: ${wordsOf(error)}`) : error;
  }
  throw new RefusedError(
    `${what} has no row, and only EIPs and projects are adopted: make it again, or delete its objects`,
  );
}

function wordsOf(error: {
  code: string;
  message: string;
  params: object;
  errors: readonly { pointer: string }[];
}) {
  const pointer = error.errors[0]?.pointer ?? '';
  return `${error.code} ${pointer} ${error.message} ${JSON.stringify(error.params)}`;
}

async function adoptNewEip(
  ctx: DoctorContext,
  object: KubeObject,
  owner: LabelledOwner,
  name: string | null,
): Promise<string> {
  const projectId = parseId('project', owner.project ?? '') ?? '';
  if (!(await hasRow(ctx.database, 'project', projectId))) {
    throw new RefusedError(`eip ${owner.id}: its project ${owner.project} has no row: adopt its Vpc first`);
  }
  const networks = await listNetworkSubnets(ctx.database, ctx.clusterId);
  const eip = adoptedEip(object, owner, networks, name);
  await adopt(ctx.database, { clusterId: ctx.clusterId, eip, objects: [adoptedObject(object)] });
  return `eip ${owner.id}: adopted as ${eip.name} with ${eip.address}`;
}

async function adoptNewProject(
  ctx: DoctorContext,
  orphans: readonly KubeObject[],
  owner: LabelledOwner,
  name: string | null,
): Promise<string> {
  const organizationId = parseId('organization', owner.organization ?? '') ?? '';
  const organization =
    organizationId === '' ? undefined : await findOrganizationName(ctx.database, organizationId);
  if (organization === undefined) {
    throw new RefusedError(
      `project ${owner.id}: its organization ${owner.organization} has no row: delete its Vpc`,
    );
  }
  const networks = await listNetworkSubnets(ctx.database, ctx.clusterId);
  const { project, objects } = adoptedProject(orphans, owner, { networks, organization, name });
  await adopt(ctx.database, {
    clusterId: ctx.clusterId,
    project,
    objects: objects.map((each) => adoptedObject(each)),
  });
  return `project ${owner.id}: adopted as ${project.name} with ${project.cidr} and ${objects.length} objects`;
}
