/** The demo data, made over the API as an operator would. Whatever is there already stays. */
import { personas } from './identity/personas.ts';

export interface SeedOptions {
  readonly apiUrl: string;
  /** Of a platform administrator. */
  readonly token: string;
  /** TypeID of the sandbox's issuer. */
  readonly issuerId: string;
  /** Ends what is under way. */
  readonly signal?: AbortSignal;
}

/** A cloud and a public network on one interface; the router of `ovn-cluster` has 100.65.0.101, EIPs begin above it. */
const networks = [
  {
    body: {
      name: 'ext-cloud',
      type: 'cloud',
      cidr: '100.65.0.0/16',
      gateway: '100.65.0.1',
      vlan_id: 4013,
      provider_network: 'ext-cloud',
    },
    range: { first: '100.65.0.102', last: '100.65.255.254' },
  },
  {
    body: {
      name: 'ext-public',
      type: 'public',
      cidr: '168.119.17.48/28',
      gateway: '168.119.17.49',
      vlan_id: 4011,
      provider_network: 'ext-cloud',
    },
    range: { first: '168.119.17.51', last: '168.119.17.62' },
  },
] as const;

/** Whether an earlier start has made demo data, which may be its user's by now. */
export async function isSeeded(options: SeedOptions): Promise<boolean> {
  return (await find(options, '/v1/clusters', 'name=local')) !== undefined;
}

/** @throws Error when something that is missing cannot be made */
export async function seed(options: SeedOptions): Promise<void> {
  const cluster = await ensure(options, '/v1/clusters', 'name=local', { name: 'local', mode: 'manage' });
  for (const { body, range } of networks) {
    const network = await ensure(options, '/v1/external-networks', `name=${body.name}`, {
      cluster_id: cluster,
      ...body,
    });
    await ensure(options, '/v1/ip-ranges', `external_network_id=${network}`, {
      external_network_id: network,
      ...range,
    });
  }
  for (const name of ['acme', 'other']) {
    await ensure(options, '/v1/organizations', `name=${name}`, { name });
  }
  for (const { subject, binding } of personas) {
    if (binding === null) continue;
    const organization = await find(options, '/v1/organizations', `name=${binding.organization}`);
    if (organization === undefined) continue; // deleted by its user: it stays so
    await ensure(options, '/v1/role-bindings', `organization_id=${organization}&subject=${subject}`, {
      organization_id: organization,
      issuer_id: options.issuerId,
      subject,
      role: binding.role,
    });
  }
}

/**
 * Waits until the networks hand out the addresses of their demo ranges; other ranges are their user's.
 * @throws Error after the time, which each range has for itself
 */
export async function waitForNetworks(options: SeedOptions, timeoutSeconds: number): Promise<void> {
  for (const { body, range } of networks) {
    const id = await findRange(options, body.name, range.first);
    if (id === undefined) continue; // deleted by its user: it stays so
    const { status } = await call<{ status: { phase: string; message: string } }>(
      options,
      'GET',
      `/v1/ip-ranges/${id}?wait_for=ready&timeout=${timeoutSeconds}`,
    );
    if (status.phase !== 'ready')
      throw new Error(`the address range of ${body.name} is not ready: ${status.message}`);
  }
}

async function findRange(options: SeedOptions, network: string, first: string): Promise<string | undefined> {
  const networkId = await find(options, '/v1/external-networks', `name=${network}`);
  if (networkId === undefined) return undefined;
  const { items } = await call<{ items: { id: string; first: string }[] }>(
    options,
    'GET',
    `/v1/ip-ranges?external_network_id=${networkId}&limit=100`,
  );
  return items.find((range) => range.first === first)?.id;
}

/** @returns the id of what is there by that query, or of what was made */
async function ensure(options: SeedOptions, path: string, query: string, body: object): Promise<string> {
  const known = await find(options, path, query);
  return known ?? (await call<{ id: string }>(options, 'POST', path, body)).id;
}

async function find(options: SeedOptions, path: string, query: string): Promise<string | undefined> {
  const { items } = await call<{ items: { id: string }[] }>(options, 'GET', `${path}?${query}`);
  return items[0]?.id;
}

async function call<T>(
  { apiUrl, token, signal }: SeedOptions,
  method: string,
  path: string,
  body?: object,
): Promise<T> {
  const response = await fetch(`${apiUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer as T; // our own API, held to its schema by the contract tests
}
