import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { httpsStatus } from './https-status.ts';
import { networkPlan } from './network-plan.ts';
import * as objects from './smoke-objects.ts';
import { addresses, names } from './smoke-objects.ts';
import type { ControlPlane } from './start.ts';
import { waitFor } from './wait.ts';

/** A sentence that a control plane must make true. Steps build on each other. */
export type Step = readonly [sentence: string, run: (controlPlane: ControlPlane) => Promise<void>];

const waitSeconds = 60;

export const steps: readonly Step[] = [
  ['answers nobody without a token', refusesAnonymous],
  ['serves ValidatingAdmissionPolicy', servesAdmissionPolicies],
  ['holds a ServiceAccount to its role', enforcesRoles],
  [
    'makes an external network ready, and leaves the default VPC and the gateway label alone',
    createsExternalNetwork,
  ],
  ['makes a project ready', createsProject],
  ['gives a pod an address of its project', createsPod],
  ["leads the pod's packets through SNAT out to the external network", tracesEgress],
  ['deletes a Namespace with its pod', deletesNamespace],
  ['deletes a project in order and leaves no row in OVN', deletesProject],
  ['serves again after kube-ovn-controller was ended and started', restartsController],
  ['serves again after kube-apiserver was ended and started', restartsApiServer],
];

async function refusesAnonymous({ adminKubeconfigPath, apiServerUrl }: ControlPlane): Promise<void> {
  const kubeconfig = await readFile(adminKubeconfigPath, 'utf8');
  const authority = /"certificate-authority-data": "([^"]+)"/.exec(kubeconfig)?.[1] ?? '';
  const ca = Buffer.from(authority, 'base64').toString();
  assert.equal(await httpsStatus(`${apiServerUrl}/api`, ca), 401);
  assert.equal(await httpsStatus(`${apiServerUrl}/readyz`, ca), 200);
}

async function servesAdmissionPolicies({ kubectl }: ControlPlane): Promise<void> {
  const resources = await kubectl(['get', '--raw', '/apis/admissionregistration.k8s.io/v1']);
  assert.match(resources, /"validatingadmissionpolicybindings"/);
}

async function enforcesRoles(controlPlane: ControlPlane): Promise<void> {
  const { kubectl } = controlPlane;
  await kubectl(['create', 'serviceaccount', 'worker', '--namespace=default']);
  const kubeconfig = await controlPlane.serviceAccountKubeconfig('default', 'worker');
  const asWorker = (args: readonly string[]) => kubectl([`--kubeconfig=${kubeconfig}`, ...args]);
  assert.match(await asWorker(['auth', 'whoami']), /system:serviceaccount:default:worker/);
  await assert.rejects(asWorker(['get', 'vpcs']), /Forbidden/);
  await kubectl(['create', 'clusterrole', 'vpc-reader', '--verb=list', '--resource=vpcs.kubeovn.io']);
  await kubectl([
    'create',
    'clusterrolebinding',
    'worker',
    '--clusterrole=vpc-reader',
    '--serviceaccount=default:worker',
  ]);
  assert.match(await asWorker(['get', 'vpcs', '--output=name']), /ovn-cluster/);
}

async function createsExternalNetwork(controlPlane: ControlPlane): Promise<void> {
  const { kubectl, nbctl } = controlPlane;
  await create(controlPlane, objects.providerNetwork);
  await create(controlPlane, objects.vlan);
  await becomes(
    controlPlane,
    `provider-network/${names.providerNetwork}`,
    `{.status.vlans[0]}=${names.vlan}`,
  );
  await create(controlPlane, objects.externalSubnet);
  await isReady(controlPlane, names.external);
  const port = `localnet.${names.external}`;
  const network = ['get', 'logical_switch_port', port, 'options:network_name', 'tag'];
  assert.equal(await nbctl(network), `${names.providerNetwork}\n4013\n`);
  assert.equal(await kubectl(['get', 'ovn-eips', '--output=name']), '');
  const label = '{.metadata.labels.ovn\\.kubernetes\\.io/external-gw}';
  assert.equal(await kubectl(['get', 'node', networkPlan.gatewayNode, `--output=jsonpath=${label}`]), 'true');
}

async function createsProject(controlPlane: ControlPlane): Promise<void> {
  await create(controlPlane, objects.vpc);
  await becomes(controlPlane, `vpc/${names.vpc}`, '{.status.standby}=true');
  await create(controlPlane, objects.subnet);
  await isReady(controlPlane, names.subnet);
  // Last, or a pod created in between would land in the default VPC and stay there.
  await create(controlPlane, objects.namespace);
  await create(controlPlane, objects.eip(names.eip, addresses.eip));
  await create(controlPlane, objects.snatRule);
  await becomes(controlPlane, `ovn-eip/${names.eip}`, '{.status.ready}=true');
  await becomes(controlPlane, `ovn-snat-rule/${names.snatRule}`, '{.status.ready}=true');
  await becomes(controlPlane, `vpc/${names.vpc}`, `{.status.extraExternalSubnets[0]}=${names.external}`);
  assert.match(
    await controlPlane.nbctl(['lr-nat-list', names.vpc]),
    /snat\s+100\.65\.1\.11\s+10\.0\.0\.0\/24/,
  );
}

async function createsPod(controlPlane: ControlPlane): Promise<void> {
  const account = ['get', 'serviceaccount', 'default', `--namespace=${names.namespace}`];
  await waitFor('ServiceAccount', { timeoutMs: 10_000 }, () => controlPlane.kubectl(account));
  await create(controlPlane, objects.pod);
  await becomes(controlPlane, ipOfPod(), `{.spec.subnet}=${names.subnet}`);
}

async function tracesEgress({ kubectl, nbctl, trace }: ControlPlane): Promise<void> {
  // OVN learns the gateway's address by ARP, which no trace answers.
  const router = `${names.vpc}-${names.external}`;
  await nbctl(['static-mac-binding-add', router, addresses.externalGateway, '0a:00:00:00:00:01']);
  const [address, mac] = (
    await kubectl(['get', ipOfPod(), '--output=jsonpath={.spec.v4IpAddress} {.spec.macAddress}'])
  ).split(' ');
  const gatewayMac = (
    await nbctl(['get', 'logical_router_port', `${names.vpc}-${names.subnet}`, 'mac'])
  ).trim();
  const microflow = [
    `inport=="${names.pod}.${names.namespace}"`,
    `eth.src==${mac} && eth.dst==${gatewayMac.replaceAll('"', '')}`,
    `ip4.src==${address} && ip4.dst==8.8.8.8 && ip.ttl==64 && tcp && tcp.dst==443`,
  ].join(' && ');
  const path = await trace(names.subnet, microflow, { ct: ['new', 'new', 'new', 'new'] });
  assert.ok(path.includes(`ct_snat(ip4.src=${addresses.eip})`), path);
  assert.ok(path.includes(`output to "localnet.${names.external}"`), path);
}

async function deletesNamespace({ kubectl }: ControlPlane): Promise<void> {
  await kubectl(['delete', 'namespace', names.namespace, `--timeout=${waitSeconds}s`]);
  await kubectl(['wait', '--for=delete', ipOfPod(), `--timeout=${waitSeconds}s`]);
}

async function deletesProject({ kubectl, nbctl }: ControlPlane): Promise<void> {
  const remove = (resource: string) => kubectl(['delete', resource, `--timeout=${waitSeconds}s`]);
  await remove(`ovn-snat-rule/${names.snatRule}`);
  await remove(`ovn-eip/${names.eip}`);
  await remove(`subnet/${names.subnet}`);
  const disconnect = '{"spec":{"enableExternal":false,"extraExternalSubnets":null}}';
  await kubectl(['patch', `vpc/${names.vpc}`, '--type=merge', `--patch=${disconnect}`]);
  await kubectl([
    'wait',
    '--for=delete',
    `ovn-eip/${names.vpc}-${names.external}`,
    `--timeout=${waitSeconds}s`,
  ]);
  await remove(`vpc/${names.vpc}`);
  await waitFor('an empty northbound database', { timeoutMs: 10_000 }, async () => {
    const rows = await Promise.all([
      nbctl(['lr-list']),
      nbctl(['ls-list']),
      nbctl(['list', 'nat']),
      nbctl(['show']),
    ]);
    const left = rows.join('\n');
    return left.includes(names.vpc) || left.includes(names.subnet) || left.includes(addresses.eip)
      ? undefined
      : true;
  });
}

async function restartsController(controlPlane: ControlPlane): Promise<void> {
  const { kubeOvnController } = controlPlane;
  await kubeOvnController.stop();
  assert.equal(kubeOvnController.running(), false);
  await create(controlPlane, objects.eip(names.laterEip, addresses.laterEip));
  await kubeOvnController.start();
  assert.equal(kubeOvnController.running(), true);
  await becomes(controlPlane, `ovn-eip/${names.laterEip}`, '{.status.ready}=true');
}

async function restartsApiServer(controlPlane: ControlPlane): Promise<void> {
  const { apiServer, kubectl, kubeOvnController } = controlPlane;
  await apiServer.stop();
  await assert.rejects(kubectl(['get', 'nodes']), /refused/);
  await apiServer.start();
  await kubectl(['delete', `ovn-eip/${names.laterEip}`, `--timeout=${waitSeconds}s`]);
  assert.equal(kubeOvnController.running(), true);
}

function ipOfPod(): string {
  return `ips.kubeovn.io/${names.pod}.${names.namespace}`;
}

async function create({ kubectl }: ControlPlane, object: object): Promise<void> {
  await kubectl(['create', '--validate=strict', '--filename=-'], JSON.stringify(object));
}

async function becomes({ kubectl }: ControlPlane, resource: string, jsonpath: string): Promise<void> {
  await kubectl(['wait', resource, `--for=jsonpath=${jsonpath}`, `--timeout=${waitSeconds}s`]);
}

async function isReady({ kubectl }: ControlPlane, subnet: string): Promise<void> {
  await kubectl(['wait', `subnet/${subnet}`, '--for=condition=Ready', `--timeout=${waitSeconds}s`]);
}
