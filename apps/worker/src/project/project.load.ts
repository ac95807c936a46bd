/** Everything that the builders and the status of a project need. */
import {
  finishProject,
  listEipsOfProject,
  loadProject,
  type ProjectWorkRow,
  type WorkKey,
} from '@netplane/db';
import {
  buildProject,
  deriveProject,
  type KubeObject,
  PROJECT_BUILDER_VERSION,
  type ProjectDiagnosis,
  type ProjectValues,
  projectOwner,
  projectSlots,
  subnetIsReady,
  vpcIsConnected,
} from '@netplane/k8s-adapter';
import type { WorkerContext } from '../context.ts';
import {
  DIAGNOSE_AFTER_SECONDS,
  isOverdue,
  type Load,
  type Pass,
  STUCK_AFTER_SECONDS,
  type StatusChange,
  secondsOfObject,
} from '../loaded.ts';

export const loadProjectWork: Load = async (ctx, id) => {
  const row = await loadProject(ctx.database, id);
  if (row === undefined) return undefined;
  const values = valuesOf(ctx, row);
  return {
    row,
    owner: projectOwner(values),
    builderVersion: PROJECT_BUILDER_VERSION,
    slots: projectSlots(values),
    build: (situation) => buildProject(values, situation),
    derive: async (pass) =>
      deriveProject({
        ...pass,
        externalSubnet: row.network_subnet,
        gatewayEip: { isReady: values.gatewayEip.isReady, condition: firstOpen(row.gateway_eip_conditions) },
        guarded: row.cluster_conditions.find(({ type }) => type === 'Guarded') ?? null,
        diagnosis: await diagnose(ctx, row, pass),
        isOverdue: isOverdue(ctx, row),
        isDeleting: values.isDeleting,
      }),
    stuck: (pass) => stuckVpc(row, pass),
    mayFinish: async () => !row.has_eips,
    finish: (claim) => finishProject(ctx.database, claim, row, ctx.settings.QUARANTINE_SECONDS),
    wakesNobody: (pass) => !ruleIsGone(pass) && row.deleting_at === null,
    wakes: (pass, change) => wakes(ctx, row, pass, change),
  };
};

function valuesOf(ctx: WorkerContext, row: ProjectWorkRow): ProjectValues {
  return {
    installation: ctx.installation,
    id: row.id,
    organizationId: row.organization_id,
    namespace: row.namespace,
    cidr: row.cidr,
    gatewayAddress: row.gateway_address,
    subnetId: row.subnet_id,
    snatRuleId: row.snat_rule_id,
    isDeleting: row.deleting_at !== null,
    network: { subnetName: row.network_subnet, gateway: row.network_gateway },
    routerPortAddress: row.router_port_address,
    gatewayEip: {
      objectName: row.gateway_eip_object,
      isReady: row.gateway_eip_phase === 'ready',
      isMissing: (row.gateway_eip_conditions ?? []).some(({ reason }) => reason === 'ObjectMissing'),
    },
    hasEipObjects: row.has_eip_objects,
  };
}

function firstOpen(conditions: ProjectWorkRow['gateway_eip_conditions']) {
  return conditions?.find(({ status }) => status !== 'true') ?? null;
}

/** Only where a connection takes longer than it should. */
async function diagnose(ctx: WorkerContext, row: ProjectWorkRow, pass: Pass): Promise<ProjectDiagnosis> {
  const isConnected = vpcIsConnected(pass.seen.get('vpc'), row.network_subnet);
  if (isConnected || row.network_subnet === null || secondsOfObject(row, 'vpc') < DIAGNOSE_AFTER_SECONDS) {
    return { gatewayNodes: null, routerPortHolder: null };
  }
  const own = pass.seen.get('router-port')?.metadata.uid;
  const [gatewayNodes, holder] = await Promise.all([
    ctx.diagnosis.gatewayNodes(),
    ctx.diagnosis.holderOf(row.network_subnet, row.router_port_address, own),
  ]);
  return { gatewayNodes, routerPortHolder: holder === undefined ? null : `${holder.kind} ${holder.name}` };
}

/** Whatever of the router, its connection or its Subnet is late: an event of the Vpc makes Kube-OVN look at all of it. */
function stuckVpc(row: ProjectWorkRow, { seen }: Pass): readonly KubeObject[] {
  const vpc = seen.get('vpc');
  if (vpc === undefined || secondsOfObject(row, 'vpc') < STUCK_AFTER_SECONDS) return [];
  const isWell = vpcIsConnected(vpc, row.network_subnet) && subnetIsReady(seen.get('subnet'));
  return isWell && row.deleting_at === null ? [] : [vpc];
}

/** A SNAT rule that is gone frees its EIP for deletion; so does a deletion that has begun, where there was no rule. */
async function wakes(
  ctx: WorkerContext,
  row: ProjectWorkRow,
  pass: Pass,
  change: StatusChange,
): Promise<readonly WorkKey[]> {
  if (!ruleIsGone(pass) && (row.deleting_at === null || change === 'nothing')) return [];
  const eips = await listEipsOfProject(ctx.database, row.id);
  return eips.map((id) => ({ kind: 'eip', id, organizationId: row.organization_id }));
}

function ruleIsGone({ outcomes }: Pass): boolean {
  return outcomes.get('snat-rule')?.state === 'gone';
}
