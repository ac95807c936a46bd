/** What most tests need: organizations with members, a cluster, networks with addresses. */
import { loadIpRange, openPool, roles, surveyRange } from '@netplane/db';
import { decideReserved, knownAddress, parseId, spanSize } from '@netplane/domain';
import type { TestApi } from './api.ts';
import type { TestDatabase } from './database.ts';

export interface World {
  readonly clusterId: string;
  readonly cloudId: string;
  readonly publicId: string;
  readonly acmeId: string;
  readonly otherId: string;
}

export interface WorldOptions {
  /** Addresses that `ext-cloud` hands out. */
  readonly cloudRange?: { readonly first: string; readonly last: string };
}

/** The demo's networks and organizations, with the addresses loaded as a worker would after its survey. */
export async function createWorld(
  api: TestApi,
  database: TestDatabase,
  options: WorldOptions = {},
): Promise<World> {
  const { id: clusterId } = await api.must<{ id: string }>('POST', '/v1/clusters', {
    body: { name: 'local' },
  });
  const cloudId = await createNetwork(api, clusterId, {
    name: 'ext-cloud',
    type: 'cloud',
    cidr: '100.65.0.0/16',
    gateway: '100.65.0.1',
    vlan_id: 4013,
  });
  const publicId = await createNetwork(api, clusterId, {
    name: 'ext-public',
    type: 'public',
    cidr: '168.119.17.48/28',
    gateway: '168.119.17.49',
    vlan_id: 4011,
  });
  const cloudRange = options.cloudRange ?? { first: '100.65.0.102', last: '100.65.3.254' };
  await createLoadedRange(api, database, cloudId, cloudRange);
  await createLoadedRange(api, database, publicId, { first: '168.119.17.51', last: '168.119.17.62' });
  const acmeId = await createOrganization(api, 'acme', {
    owner: 'acme-owner',
    developer: 'acme-developer',
    viewer: 'acme-viewer',
  });
  const otherId = await createOrganization(api, 'other', { owner: 'other-owner' });
  return { clusterId, cloudId, publicId, acmeId, otherId };
}

/** Its worker makes it, and its addresses come with the ranges. */
export async function createNetwork(
  api: Pick<TestApi, 'must'>,
  clusterId: string,
  body: object,
): Promise<string> {
  const network = { cluster_id: clusterId, provider_network: 'ext-cloud', ...body };
  return (await api.must<{ id: string }>('POST', '/v1/external-networks', { body: network })).id;
}

export async function createLoadedRange(
  api: TestApi,
  database: TestDatabase,
  networkId: string,
  body: { readonly first: string; readonly last: string },
): Promise<string> {
  const range = await api.must<{ id: string }>('POST', '/v1/ip-ranges', {
    body: { external_network_id: networkId, ...body },
  });
  await loadAddresses(database, range.id);
  return range.id;
}

/** What the worker does at the end of its survey when nothing on the cluster holds an address. */
export async function loadAddresses(database: TestDatabase, rangeId: string): Promise<void> {
  const pool = openPool({
    url: database.workerUrl,
    role: roles.worker,
    applicationName: 'test',
    connectionsMax: 1,
    onError: () => {},
  });
  const row = await loadIpRange(pool, parseId('ip-range', rangeId) ?? '');
  if (row === undefined) throw new Error(`no range ${rangeId}`);
  const span = { first: knownAddress(row.first), last: knownAddress(row.last) };
  const reserved = decideReserved(row.network_gateway, span, row.reservations);
  await surveyRange(pool, { range: row, size: spanSize(span), reserved, holders: [] });
  await pool.end();
}

export async function createOrganization(
  api: Pick<TestApi, 'must' | 'issuer'>,
  name: string,
  members: Readonly<Record<string, string>>,
): Promise<string> {
  const { id } = await api.must<{ id: string }>('POST', '/v1/organizations', { body: { name } });
  for (const [role, subject] of Object.entries(members)) {
    const binding = { organization_id: id, issuer_id: api.issuer, subject, role };
    await api.must('POST', '/v1/role-bindings', { body: binding });
  }
  return id;
}
