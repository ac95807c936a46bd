/** Projects and EIPs, made and deleted over REST as their tenants do. */
import type { EipView, ProjectView, View } from '../../integration/support/views.ts';
import { waitFor } from '../control-plane/wait.ts';
import { CLUSTER_LIMIT_MS } from './kube.ts';
import type { Stage } from './stage.ts';

export type { EipView, ProjectView, View };

export interface Change {
  /** Persona. */
  readonly as?: string;
  readonly body: object;
}

export async function organizationId(stage: Stage, name: string): Promise<string> {
  const { items } = await stage.must<{ items: readonly View[] }>('GET', `/v1/organizations?name=${name}`);
  const [organization] = items;
  if (organization === undefined) throw new Error(`no organization ${name}`);
  return organization.id;
}

/** A project of `acme` that the cluster has made whole. */
export async function createProject(stage: Stage, change: Change): Promise<ProjectView> {
  const { as = 'acme_owner', body } = change;
  const organization_id = await organizationId(stage, 'acme');
  const { id } = await stage.must<ProjectView>('POST', '/v1/projects', {
    as,
    body: { organization_id, ...body },
  });
  return untilReady<ProjectView>(stage, `/v1/projects/${id}`);
}

export async function createEip(stage: Stage, change: Change): Promise<EipView> {
  const { as = 'acme_owner', body } = change;
  const { id } = await stage.must<EipView>('POST', '/v1/eips', { as, body });
  return untilReady<EipView>(stage, `/v1/eips/${id}`);
}

/** The resource once it is ready, asked as a client would. @throws Error with its conditions when it takes too long */
export async function untilReady<T extends View>(stage: Stage, path: string): Promise<T> {
  return until<T>(stage, `${path}?wait_for=ready&timeout=60`, ({ status }) => status.phase === 'ready');
}

/** The resource once it is so. @throws Error with its status when it takes too long */
export async function until<T extends View>(
  stage: Stage,
  path: string,
  isSo: (view: T) => boolean,
): Promise<T> {
  let seen: View['status'] | undefined;
  try {
    return await waitFor(path, { timeoutMs: CLUSTER_LIMIT_MS, intervalMs: 250 }, async () => {
      const view = await stage.must<T>('GET', path);
      seen = view.status;
      return isSo(view) ? view : undefined;
    });
  } catch (cause) {
    throw new Error(`${path} is not as it should be: ${JSON.stringify(seen, undefined, 1)}`, { cause });
  }
}

/** Deletes it and waits until it is gone. */
export async function deleteResource(stage: Stage, path: string, as = 'acme_owner'): Promise<void> {
  await stage.must('DELETE', path, { as });
  await waitFor(`the end of ${path}`, { timeoutMs: CLUSTER_LIMIT_MS }, async () => {
    const { status } = await stage.call('GET', `${path}?wait_for=deleted&timeout=60`);
    return status === 404 ? true : undefined;
  });
}

/** Deletes the project's own EIPs, then the project. */
export async function deleteProject(stage: Stage, { id }: Pick<ProjectView, 'id'>): Promise<void> {
  const { items } = await stage.must<{ items: readonly EipView[] }>('GET', `/v1/eips?project_id=${id}`);
  const own = items.filter(({ managed_by: manager }) => manager === null);
  await Promise.all(own.map((eip) => deleteResource(stage, `/v1/eips/${eip.id}`)));
  await deleteResource(stage, `/v1/projects/${id}`);
}

export function conditionOf({ status }: View, type: string) {
  return status.conditions.find((condition) => condition.type === type);
}
