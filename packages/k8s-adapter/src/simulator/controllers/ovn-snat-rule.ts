import type { OvnSnatRuleSpec, OvnSnatRuleStatus } from '../../manifest/generated/kube-ovn.ts';
import { mapAt, textAt } from '../json.ts';
import { isTerminating, metadataOf, type SimObject } from '../sim-object.ts';
import { annotation, EIP_V4_LABEL, label, SUBNET_LABEL } from '../store/indexes.ts';
import type { ClusterView } from './cluster-view.ts';
import { again, type Controller, done, type Job, job, type Step, type Write } from './controller.ts';
import { blockOf } from './ipam.ts';
import { eipSpec, eipStatus } from './ovn-eip.ts';
import {
  addFinalizer,
  annotationsPatch,
  isHeld,
  objectPatch,
  removeFinalizer,
  statusPatch,
} from './writes.ts';

/**
 * OvnSnatRule (Kube-OVN 1.16.2, ovn_snat.go). Once its EIP has an address and its Vpc a router: row, finalizer, marks
 * on the EIP, marks on itself, status, in this order. Later changes of the spec do nothing. Deletion needs router and
 * row to be there still, or it hangs.
 */
export const ovnSnatRuleController: Controller = {
  kind: 'OvnSnatRule',
  added: (rule) => [job('add-snat', rule.metadata.name)],
  updated: (before, after) => updatedJobs(before, after),
  handlers: {
    'add-snat': (cluster, { key }) => addSnat(cluster, cluster.get('OvnSnatRule', key)),
    'update-snat': (cluster, { key }) => updateSnat(cluster, cluster.get('OvnSnatRule', key)),
  },
};

function snatSpec(rule: SimObject): OvnSnatRuleSpec {
  return mapAt(rule, 'spec') as OvnSnatRuleSpec; // the schema was checked when it was written
}

function snatStatus(rule: SimObject): OvnSnatRuleStatus {
  return mapAt(rule, 'status') as OvnSnatRuleStatus; // as above
}

function updatedJobs(before: SimObject, after: SimObject): readonly Job[] {
  if (isTerminating(after)) return isHeld(after) ? [job('update-snat', after.metadata.name)] : [];
  const { ovnEip: oldEip = '' } = snatSpec(before);
  return oldEip === (snatSpec(after).ovnEip ?? '') ? [] : [job('reset-eip', oldEip)];
}

function addSnat(cluster: ClusterView, rule: SimObject | undefined): Step {
  if (rule === undefined || snatStatus(rule).ready === true) return done;
  const eip = cluster.get('OvnEip', snatSpec(rule).ovnEip ?? '');
  const source = sourceOf(cluster, rule);
  if (eip === undefined || source === undefined) return again;
  const { v4Ip: address = '' } = eipStatus(eip);
  if (address === '' || eipSpec(eip).type === 'lsp' || !cluster.northbound.hasRouter(source.vpc))
    return again;
  const status = {
    ready: true,
    vpc: source.vpc,
    v4Eip: address,
    v6Eip: '',
    v4IpCidr: source.cidr,
    v6IpCidr: '',
  };
  return {
    writes: [
      { verb: 'add-snat', router: source.vpc, cidr: source.cidr },
      ...(isHeld(rule) ? [] : addFinalizer(rule)),
      ...marksOnEip(eip, rule, source.vpc),
      annotationsPatch(rule, { 'ovn.kubernetes.io/vpc_eip': eip.metadata.name }),
      ...marksOnRule(rule, address),
      statusPatch(rule, status),
    ],
    jobs: [job('reset-eip', eip.metadata.name)],
  };
}

/** Router and CIDR that a rule translates: its own, its Subnet's, or those of one address. */
function sourceOf(
  cluster: ClusterView,
  rule: SimObject,
): { readonly vpc: string; readonly cidr: string } | undefined {
  const { v4IpCidr = '', vpc = '', vpcSubnet = '', ipName = '' } = snatSpec(rule);
  if (v4IpCidr !== '') return vpc === '' ? undefined : { vpc, cidr: v4IpCidr };
  const ip = cluster.get('IP', ipName);
  const subnet = cluster.get('Subnet', vpcSubnet === '' ? textAt(mapAt(ip, 'spec'), 'subnet') : vpcSubnet);
  if (subnet === undefined) return undefined;
  const spec = mapAt(subnet, 'spec');
  const address = textAt(mapAt(ip, 'spec'), 'v4IpAddress');
  const cidr = vpcSubnet === '' ? address : (blockOf(textAt(spec, 'cidrBlock'))?.text ?? '');
  return cidr === '' ? undefined : { vpc: textAt(spec, 'vpc'), cidr };
}

function marksOnEip(eip: SimObject, rule: SimObject, vpc: string): readonly Write[] {
  const { name } = rule.metadata;
  const writes: Write[] = [];
  if (label(eip, 'ovn.kubernetes.io/vpc') !== vpc) {
    const labels = { [SUBNET_LABEL]: eipSpec(eip).externalSubnet ?? '', 'ovn.kubernetes.io/vpc': vpc };
    writes.push(objectPatch(eip, { metadata: { labels } }));
  }
  if (annotation(eip, 'ovn.kubernetes.io/vpc_nat') !== name) {
    writes.push(annotationsPatch(eip, { 'ovn.kubernetes.io/vpc_nat': name }));
  }
  return writes;
}

/** The label of the other family carries the IPv4 address when the rule had labels before: so it does in 1.16.2. */
function marksOnRule(rule: SimObject, address: string): readonly Write[] {
  const own = Object.keys(mapAt(metadataOf(rule), 'labels'));
  if (label(rule, EIP_V4_LABEL) === address) return [];
  const labels = { [EIP_V4_LABEL]: address, 'ovn.kubernetes.io/eip_v6_ip': own.length === 0 ? '' : address };
  return [objectPatch(rule, { metadata: { labels } })];
}

function updateSnat(cluster: ClusterView, rule: SimObject | undefined): Step {
  if (rule === undefined || !isTerminating(rule)) return done;
  const { vpc = '', v4Eip = '', v4IpCidr = '' } = snatStatus(rule);
  const written = vpc !== '' && v4Eip !== '' && v4IpCidr !== '';
  const row = { router: vpc, cidr: v4IpCidr };
  if (written && !cluster.northbound.hasSnat(row)) return again;
  const { ovnEip = '' } = snatSpec(rule);
  return {
    writes: [...(written ? [{ verb: 'delete-snat', ...row } as const] : []), ...removeFinalizer(rule)],
    // The EIP's `status.nat` keeps saying `snat`: the real controller refreshes it before it sees the rule gone.
    jobs: ovnEip === '' ? [] : [job('update-eip', ovnEip)],
  };
}
