/** Clients that take their time, or leave: nobody else notices, nothing is left behind. The API is a process of its own. */

import { setTimeout as sleep } from 'node:timers/promises';
import { bootstrapIssuer } from '@netplane/db';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { choosePorts } from '../../../../apps/sandbox/src/ports.ts';
import { clientOf, type TestApi } from '../../../support/api.ts';
import { apiEnvironment } from '../../../support/api-environment.ts';
import { organizationBody } from '../../../support/builders/organization.builder.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/database.ts';
import { type AppProcess, startApiProcess } from '../../support/app-process.ts';
import { headOf, openRaw, type RawConnection } from '../../support/raw-http.ts';
import type { Page } from '../../support/views.ts';

const CLIENTS = 300;
/** Fewer than are shed from. */
const WAITERS = 200;
const ADMIN = () => `Bearer ${inject('tokens').platform_admin}`;
const MEMORY_MAX_BYTES = 400 * 1024 * 1024;
/** After so long nobody is shed any more who waits. */
const OVERLOAD_MS = 5_500;
const states = ['running', 'waiting', 'aside'] as const;
const patient = { timeout: 45_000, interval: 200 };

let database: TestDatabase;
let api: AppProcess;
let url: string;
let adminUrl: string;
let client: Pick<TestApi, 'call' | 'must'>;

beforeAll(async () => {
  database = await createTestDatabase();
  await bootstrapIssuer(database.superuserUrl, {
    ...{ name: 'test', issuerUrl: inject('issuerUrl'), audiences: ['netplane'], algorithms: ['ES256'] },
  });
  const ports = await choosePorts(['api', 'admin'], {});
  [url, adminUrl] = [`http://127.0.0.1:${ports.api}`, `http://127.0.0.1:${ports.admin}`];
  api = await startApiProcess({
    ...apiEnvironment,
    DATABASE_URL: database.apiUrl,
    PORT: String(ports.api),
    ADMIN_PORT: String(ports.admin),
    LOG_LEVEL: 'error',
  });
  client = clientOf(url);
});

afterAll(async () => {
  await api.end('SIGKILL');
  await database.drop();
});

async function crowd(
  send: (connection: RawConnection, index: number) => void,
  count = CLIENTS,
): Promise<readonly RawConnection[]> {
  const connections = await Promise.all(Array.from({ length: count }, () => openRaw(url)));
  for (const [index, connection] of connections.entries()) send(connection, index);
  return connections;
}

/** Of one instant. */
async function metrics(...names: readonly string[]): Promise<readonly number[]> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  return names.map((name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]));
}

async function metric(name: string): Promise<number> {
  const [value = Number.NaN] = await metrics(name);
  return value;
}

async function inFlight(): Promise<number> {
  const counts = await metrics(...states.map((name) => `netplane_api_requests_${name}`));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Served as if there were nobody else, and within bounds. */
async function expectUnharmed(): Promise<void> {
  for (let count = 0; count < 5; count += 1) expect((await client.call('GET', '/v1/me')).status).toBe(200);
  expect(api.process.exitCode).toBeNull();
  expect(await metric('process_resident_memory_bytes')).toBeLessThan(MEMORY_MAX_BYTES);
}

/** Nothing that was counted stays so. */
async function expectForgotten(): Promise<void> {
  await expect.poll(inFlight, patient).toBe(0);
}

function createHead(length: number): string {
  return headOf('POST /v1/organizations', {
    authorization: ADMIN(),
    'content-type': 'application/json',
    'content-length': length,
  });
}

describe('clients that', () => {
  it('dribble their heads keep nobody waiting, and are told so in the end', async () => {
    const connections = await crowd((connection) => connection.send('GET /v1/me HTTP/1.1\r\nhost: local'));
    await expectUnharmed();
    const answers = await Promise.all(connections.map((connection) => connection.answer()));
    expect(new Set(answers.map((answer) => answer?.status))).toEqual(new Set([400]));
    expect(answers[0]?.headers.get('content-type')).toBe('application/problem+json');
    for (const connection of connections) connection.close();
    await expectForgotten();
  });

  it('dribble their bodies keep nobody waiting; what they leave half-said never happened', async () => {
    const body = organizationBody() as { readonly name: string };
    const bytes = JSON.stringify(body);
    const connections = await crowd((connection) =>
      connection.send(`${createHead(bytes.length)}${bytes.slice(0, -1)}`),
    );
    await expect.poll(() => metric('netplane_api_requests_aside'), patient).toBe(256);
    await expectUnharmed();
    for (const connection of connections) connection.close();
    await expectForgotten();
    expect((await client.must<Page>('GET', `/v1/organizations?name=${body.name}`)).items).toEqual([]);
  });

  it('never read what they asked for keep nobody waiting', async () => {
    const connections = await crowd((connection) => {
      connection.socket.pause();
      connection.send(headOf('GET /v1/organizations?limit=200', { authorization: ADMIN() }).repeat(20));
    }, WAITERS);
    await sleep(OVERLOAD_MS); // they were thousands at once: others may have been told to come again
    await expectUnharmed();
    for (const connection of connections) connection.close();
    await expectForgotten();
  });

  it('leave in the middle are forgotten; what they asked for happened whole or not at all', async () => {
    const names: string[] = [];
    const connections = await crowd((connection) => {
      const body = organizationBody() as { readonly name: string };
      names.push(body.name);
      const bytes = JSON.stringify(body);
      connection.send(`${createHead(bytes.length)}${bytes}`);
    });
    for (const [index, connection] of connections.entries()) {
      if (index % 2 === 0) connection.socket.resetAndDestroy();
      else connection.socket.end();
    }
    await expectForgotten();
    await expectUnharmed();
    for (const connection of connections) connection.close();
    const { rows } = await database.owner.query<{
      name: string;
      rows: number;
      events: number;
      quotas: boolean;
    }>(
      `select o.name, (select count(*) from audit_event a where a.resource_id = o.id)::int as rows,
         (select count(*) from event e where e.id = o.id)::int as events,
         exists (select from quota_limit q where q.organization_id = o.id) as quotas
       from organization o where o.name = any($1)`,
      [names],
    );
    for (const row of rows)
      expect([row.name, row.rows, row.events, row.quotas]).toEqual([row.name, 1, 1, true]);
  });

  it('leave while they wait for their worker are forgotten', async () => {
    const { id } = await client.must<{ id: string }>('POST', '/v1/clusters', {
      body: { name: 'waited-for' },
    });
    await sleep(OVERLOAD_MS); // the crowds before were one
    const wait = headOf(`GET /v1/clusters/${id}?wait_for=ready&timeout=60`, { authorization: ADMIN() });
    const connections = await crowd((connection) => connection.send(wait), WAITERS);
    // each looks by itself once a second, and is running then
    await expect.poll(inFlight, patient).toBe(WAITERS);
    await expectUnharmed();
    for (const connection of connections) connection.close();
    await expectForgotten();
  });
});
