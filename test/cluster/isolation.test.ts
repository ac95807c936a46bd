import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNetwork, type ProjectNetwork } from './support/networks.ts';
import { createPod, type PlacedPod } from './support/pods.ts';
import { openStage } from './support/stage.ts';
import { createEip, deleteProject } from './support/tenants.ts';
import { outputsOf, traceFromOutside, traceFromPod } from './support/traces.ts';

const CIDR = '10.40.0.0/24';
const OUTSIDER = '100.65.200.200';

const stage = await openStage();

let left: ProjectNetwork;
/** Has the CIDR of `left`. */
let twin: ProjectNetwork;
/** In `twin` only. */
let secondOfTwin: PlacedPod;
/** Has a CIDR of its own. */
let other: ProjectNetwork;

beforeAll(async () => {
  left = await createNetwork(stage, { body: { name: 'left', cidr: CIDR } });
  const body = { name: 'twin', cidr: CIDR, allow_cidr_overlap: true };
  [twin, other] = await Promise.all([
    createNetwork(stage, { as: 'platform_admin', body }),
    createNetwork(stage, { body: { name: 'other', cidr: '10.41.0.0/24' } }),
  ]);
  secondOfTwin = await createPod(stage, { namespace: twin.project.namespace, name: 'second' });
});

afterAll(async () => {
  await Promise.all([left, twin, other].map(({ project }) => deleteProject(stage, project)));
});

/** Ports of pods of that project that the packet comes out at. */
function portsOf({ project }: ProjectNetwork, path: string): readonly string[] {
  return outputsOf(path).filter((port) => port.endsWith(`.${project.namespace}`));
}

describe('two projects with the same CIDR', () => {
  it('have pods with the same address, each in a Subnet of its own', () => {
    expect(left.pod.address).toBe(twin.pod.address);
    expect(left.pod.subnet).toBe(left.subnet);
    expect(twin.pod.subnet).toBe(twin.subnet);
    expect(left.subnet).not.toBe(twin.subnet);
  });

  it('reach an address inside the project that has it', async () => {
    const path = await traceFromPod(stage, twin, secondOfTwin.address, secondOfTwin.mac);
    expect(outputsOf(path)).toEqual([secondOfTwin.port]);
  });

  it('find nobody at an address that only the other project has', async () => {
    const path = await traceFromPod(stage, left, secondOfTwin.address);
    // asked for in its own Subnet, and nowhere else
    expect(outputsOf(path).filter((port) => port !== left.pod.port)).toEqual([]);
  });

  it("do not reach each other's ports by their MAC either", async () => {
    const path = await traceFromPod(stage, left, secondOfTwin.address, secondOfTwin.mac);
    expect(outputsOf(path)).toEqual([]);
  });
});

describe('two projects with CIDRs of their own', () => {
  it("send what is meant for each other's pods out to the physical router, as from their own EIP", async () => {
    for (const [from, to] of [
      [left, other],
      [other, left],
    ] as const) {
      const path = await traceFromPod(stage, from, to.pod.address);
      expect(outputsOf(path)).toEqual(['localnet.ext-cloud']);
      expect(path).toContain(`ct_snat(ip4.src=${from.gatewayEip})`);
    }
  });

  it("send what is meant for each other's EIPs there too, not from router to router", async () => {
    const path = await traceFromPod(stage, left, other.gatewayEip);
    expect(outputsOf(path)).toEqual(['localnet.ext-cloud']);
  });

  it('take no new connection from the external network at their gateway EIP', async () => {
    for (const source of [left.gatewayEip, OUTSIDER]) {
      const path = await traceFromOutside(stage, other.router, { source, destination: other.gatewayEip });
      expect(outputsOf(path)).toEqual([]);
    }
  });

  it('take none at the address of a pod either, from whoever knows the MAC of the router', async () => {
    for (const source of [left.gatewayEip, OUTSIDER]) {
      const path = await traceFromOutside(stage, other.router, { source, destination: other.pod.address });
      expect(outputsOf(path)).toEqual([]);
    }
  });

  it('let the answers to what a pod has opened through', async () => {
    const packet = { source: OUTSIDER, destination: other.pod.address, isAnswer: true };
    expect(outputsOf(await traceFromOutside(stage, other.router, packet))).toEqual([other.pod.port]);
  });

  it('take none at an EIP that nothing refers to', async () => {
    const { address } = await createEip(stage, { body: { project_id: other.project.id, name: 'idle' } });
    const path = await traceFromOutside(stage, other.router, {
      source: left.gatewayEip,
      destination: address,
    });
    expect(portsOf(other, path)).toEqual([]);
  });
});
