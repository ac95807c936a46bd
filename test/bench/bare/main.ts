/**
 * The bare part: a Fastify route with the API's token check and the API's function call, and nothing else of the API.
 * What it does in a second is what Node, Fastify and the database leave to do.
 */
import { openPool, roles } from '@netplane/db';
import { parseId } from '@netplane/domain';
import { fastify } from 'fastify';
import { uuidv7 } from 'uuidv7';
import { createAuthenticator } from '../../../apps/api/src/plugins/authentication/authenticator.ts';
import { fetchJson } from '../../../apps/api/src/plugins/authentication/fetch-json.ts';
import { createKeyStore } from '../../../apps/api/src/plugins/authentication/key-store.ts';
import { queryAsTenant } from '../../../packages/db/src/client/tenant-query.ts';
import { CREATE_EIP, FINGERPRINT } from '../load/create-eip.ts';

const [url = ''] = process.argv.slice(2);
const CONNECTIONS = 16; // as the API has by default

const poolOf = (role: (typeof roles)['api' | 'platform']) =>
  openPool({ url, role, applicationName: 'netplane-bare', connectionsMax: CONNECTIONS, onError: () => {} });
const database = { tenants: poolOf(roles.api), platform: poolOf(roles.platform) };
const authenticator = createAuthenticator({
  database,
  now: () => new Date(),
  makeKeyStore: ({ issuerUrl, jwksUri }) =>
    createKeyStore({
      ...{ issuerUrl, jwksUri, fetchJson, allowHttp: true, onFetchFailed: () => {} },
      clock: () => performance.now(),
    }),
});
authenticator.setListening(true); // nothing changes while it runs

const app = fastify();
app.post<{ Body: { project_id: string; name: string; network: string } }>(
  '/v1/eips',
  async (request, reply) => {
    const token = request.headers.authorization?.slice('Bearer '.length) ?? '';
    const actor = await authenticator.authenticate(token);
    const organizations = actor.memberships.map(({ organizationId }) => organizationId);
    const { project_id, name, network } = request.body;
    const [row] = await queryAsTenant<{ eip: object }>(database.tenants, organizations, {
      ...CREATE_EIP,
      values: [
        ...[
          actor.issuerId,
          actor.subject,
          actor.email,
          organizations,
          uuidv7(),
          parseId('project', project_id),
        ],
        ...[
          name,
          network,
          null,
          null,
          '{}',
          request.id,
          request.headers['idempotency-key'],
          FINGERPRINT,
          null,
        ],
      ],
    });
    reply.code(201);
    return row?.eip;
  },
);
const listening = await app.listen({ host: '127.0.0.1', port: 0 });
process.send?.({ type: 'ready', url: listening, adminUrl: '' });
process.once('SIGTERM', () => process.exit(0)).once('disconnect', () => process.exit(0));
