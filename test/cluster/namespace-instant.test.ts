import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { openKubeClient, podType } from '../support/cluster-kube-client.ts';
import { waitFor } from './control-plane/wait.ts';
import { CLUSTER_LIMIT_MS, listObjects, objectsOfProject } from './support/kube.ts';
import { type PlacedPod, podObject, untilPlaced } from './support/pods.ts';
import { openStage } from './support/stage.ts';
import { deleteProject, organizationId, type ProjectView, untilReady } from './support/tenants.ts';

const PROJECTS = 5;
const PODS_EACH = 6;

const stage = await openStage();
const client = openKubeClient(inject('operatorKubeconfigPath'));

let projects: readonly ProjectView[];
let pods: readonly PlacedPod[];

/** Asks for the pod without a pause, from before there is a namespace until it is taken. */
async function createAtOnce(namespace: string, name: string): Promise<void> {
  const limits = { timeoutMs: CLUSTER_LIMIT_MS, intervalMs: 1 };
  await waitFor(`pod ${namespace}/${name}`, limits, () =>
    client.create(podType, podObject({ namespace, name })),
  );
}

async function createProjectWithPods(index: number): Promise<ProjectView> {
  const organization_id = await organizationId(stage, 'acme');
  const body = { organization_id, name: `instant-${index}` };
  const { id, namespace } = await stage.must<ProjectView>('POST', '/v1/projects', { body });
  const names = Array.from({ length: PODS_EACH }, (_, pod) => `pod-${pod}`);
  await Promise.all(names.map((name) => createAtOnce(namespace, name)));
  return untilReady<ProjectView>(stage, `/v1/projects/${id}`);
}

beforeAll(async () => {
  const indexes = Array.from({ length: PROJECTS }, (_, index) => index);
  projects = await Promise.all(indexes.map(createProjectWithPods));
  const all = projects.flatMap(({ namespace }) =>
    Array.from({ length: PODS_EACH }, (_, pod) => ({ namespace, name: `pod-${pod}` })),
  );
  pods = await Promise.all(all.map((pod) => untilPlaced(stage, pod)));
});

afterAll(async () => {
  client.close();
  await Promise.all(projects.map((project) => deleteProject(stage, project)));
});

it("puts every pod that is created the instant its namespace exists into its project's Subnet", async () => {
  expect(pods).toHaveLength(PROJECTS * PODS_EACH);
  for (const project of projects) {
    const objects = await objectsOfProject(stage, project.id);
    const subnet = objects.find(({ kind }) => kind === 'Subnet');
    const subnets = pods.filter(({ namespace }) => namespace === project.namespace).map((pod) => pod.subnet);
    expect(subnets).toEqual(Array(PODS_EACH).fill(subnet?.metadata.name));
  }
});

it('gives none of them an address of the default VPC', async () => {
  const namespaces = projects.map(({ namespace }) => namespace);
  const ofPods = (await listObjects(stage, 'ips.kubeovn.io')).filter(({ spec }) =>
    namespaces.includes(String(spec.namespace)),
  );
  expect(ofPods).toHaveLength(PROJECTS * PODS_EACH);
  expect(ofPods.filter(({ spec }) => spec.subnet === 'ovn-default')).toEqual([]);
  expect(ofPods.filter(({ spec }) => String(spec.v4IpAddress).startsWith('10.100.'))).toEqual([]);
});
