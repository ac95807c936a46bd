/**
 * Deletes objects of this installation that no row knows, because the operator says so. With a Vpc goes everything of its
 * project, in the order in which the worker would: Namespace → SNAT rule → EIPs → Subnet → router port → Vpc. Each is
 * deleted by its uid and seen gone before the next.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type KubeObject, kubeTypes, labelKeys, registeredType } from '@netplane/k8s-adapter';
import { CALL_TIMEOUT_MS } from '../context.ts';
import type { DoctorContext } from './session.ts';
import { findTarget, listOrphans, ownerOf, RefusedError } from './target.ts';

const GONE_WITHIN_MS = 60_000;
const ASKED_EVERY_MS = 200;

/** @throws RefusedError where an object is not there, is known, or does not go */
export async function removeTargets(
  ctx: DoctorContext,
  targets: readonly string[],
): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const target of targets) {
    const orphans = await listOrphans(ctx);
    for (const object of inOrder(withItsOwn(orphans, findTarget(orphans, target)))) {
      await removeOne(ctx, object);
      lines.push(`${object.kind}/${object.metadata.name}: deleted`);
    }
  }
  return lines;
}

/** A router without its network is nobody's use: everything of the project that no row knows goes along. */
function withItsOwn(orphans: readonly KubeObject[], target: KubeObject): readonly KubeObject[] {
  if (target.kind !== 'Vpc') return [target];
  const { project } = ownerOf(target);
  return project === null
    ? [target]
    : orphans.filter(({ metadata }) => metadata.labels?.[labelKeys.project] === project);
}

const stages: readonly string[] = ['Namespace', 'OvnSnatRule', 'OvnEip', 'Subnet', 'lrp', 'Vpc', 'Vlan'];

function inOrder(objects: readonly KubeObject[]): readonly KubeObject[] {
  const stageOf = ({ kind, spec }: KubeObject) =>
    stages.indexOf(kind === 'OvnEip' && spec?.type === 'lrp' ? 'lrp' : kind);
  return objects.toSorted((a, b) => stageOf(a) - stageOf(b));
}

async function removeOne(ctx: DoctorContext, object: KubeObject): Promise<void> {
  if (object.spec?.type === 'lrp') await disconnect(ctx, object);
  const type = registeredType(object.apiVersion, object.kind);
  const { name, uid = '' } = object.metadata;
  const ref = { namespace: null, name };
  await ctx.client.delete(type, ref, uid, options(ctx));
  await until(ctx, `${object.kind}/${name} is still there; look at its finalizers`, async () => {
    const seen = await ctx.client.get(type, ref, options(ctx));
    return seen === undefined || seen.metadata.uid !== uid;
  });
}

/** Kube-OVN takes the port of a connected router back at once: the router lets go of it first. */
async function disconnect(ctx: DoctorContext, port: KubeObject): Promise<void> {
  const { project } = ownerOf(port);
  const labelSelector = `${labelKeys.project}=${project}`;
  const [vpc] = (await ctx.client.list(kubeTypes.Vpc, { labelSelector, signal: ctx.signal })).items;
  if (vpc === undefined) return;
  const known = await listOrphans(ctx);
  if (!known.some(({ metadata }) => metadata.uid === vpc.metadata.uid)) {
    throw new RefusedError(
      `OvnEip/${port.metadata.name} is the port of Vpc/${vpc.metadata.name}, which has its row`,
    );
  }
  const ref = { namespace: null, name: vpc.metadata.name };
  const patch = {
    metadata: { uid: vpc.metadata.uid },
    spec: { enableExternal: false, extraExternalSubnets: [] },
  };
  await ctx.client.mergePatch(kubeTypes.Vpc, ref, patch, options(ctx));
  await until(ctx, `Vpc/${ref.name} stays connected; look at kube-ovn-controller`, async () => {
    const seen = await ctx.client.get(kubeTypes.Vpc, ref, options(ctx));
    return seen?.status?.enableExternal !== true;
  });
}

async function until(ctx: DoctorContext, otherwise: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = ctx.clock() + GONE_WITHIN_MS;
  while (!(await isSo())) {
    if (ctx.clock() > end) throw new RefusedError(otherwise);
    await sleep(ASKED_EVERY_MS, undefined, { signal: ctx.signal });
  }
}

function options({ signal }: DoctorContext) {
  return { signal, timeoutMs: CALL_TIMEOUT_MS };
}
