/** A project with what its packets meet: names of its objects on the cluster, and a pod. */
import { objectsOfProject } from './kube.ts';
import { createPod, type PlacedPod } from './pods.ts';
import type { Stage } from './stage.ts';
import { type Change, createProject, type ProjectView } from './tenants.ts';
import { learnGateway, type Router } from './traces.ts';

export interface ProjectNetwork {
  readonly project: ProjectView;
  readonly router: Router;
  readonly subnet: string;
  /** Address that its outbound connections come from. */
  readonly gatewayEip: string;
  readonly pod: PlacedPod;
}

const networks = {
  cloud: { externalSubnet: 'ext-cloud', gateway: '100.65.0.1' },
  public: { externalSubnet: 'ext-public', gateway: '168.119.17.49' },
} as const;

export async function createNetwork(stage: Stage, change: Change): Promise<ProjectNetwork> {
  const project = await createProject(stage, change);
  const objects = await objectsOfProject(stage, project.id);
  const nameOf = (kind: string) => objects.find((object) => object.kind === kind)?.metadata.name ?? '';
  const router = { vpc: nameOf('Vpc'), ...networks[project.network_type as keyof typeof networks] }; // one of its words
  await learnGateway(stage, router);
  const gatewayEip = await stage.must<{ address: string }>('GET', `/v1/eips/${project.gateway_eip_id}`);
  const pod = await createPod(stage, { namespace: project.namespace, name: 'web' });
  return { project, router, subnet: nameOf('Subnet'), gatewayEip: gatewayEip.address, pod };
}
