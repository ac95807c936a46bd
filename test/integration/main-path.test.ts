import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createWorld, type World } from '../support/world.ts';

let database: TestDatabase;
let api: TestApi;
let world: World;

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startTestApi(database);
  world = await createWorld(api, database);
});

afterAll(async () => {
  await api.stop();
  await database.drop();
});

describe('a project and an EIP over REST', () => {
  it('creates a project with its gateway EIP, and EIPs beside it', async () => {
    const created = await api.call<{ id: string; gateway_eip_id: string; cidr: string }>(
      'POST',
      '/v1/projects',
      {
        as: 'acme_owner',
        body: { organization_id: world.acmeId, name: 'demo', egress_network: 'public' },
      },
    );
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      namespace: 'acme-demo',
      cidr: '10.0.0.0/22',
      gateway_address: '10.0.0.1',
    });
    const gateway = await api.call('GET', `/v1/eips/${created.body.gateway_eip_id}`, { as: 'acme_viewer' });
    expect(gateway.body).toMatchObject({
      purpose: 'gateway',
      address: '168.119.17.51',
      managed_by: { kind: 'project' },
    });
  });
});
