/**
 * The statement of an EIP's creation, driven by pg alone: the same function, parameters, role, tenant setting and
 * number of round trips as the API's repository has, and nothing else.
 */
import { openPool, roles } from '@netplane/db';
import { uuidv7 } from 'uuidv7';
import { queryAsTenant } from '../../../packages/db/src/client/tenant-query.ts';
import { CREATE_EIP, FINGERPRINT } from './create-eip.ts';
import { numberText, type SqlLoad } from './load.ts';
import type { Connections } from './thread.ts';

export async function openSqlConnections(load: SqlLoad): Promise<Connections> {
  const pool = openPool({
    url: load.url,
    role: roles.api,
    applicationName: 'netplane-bench',
    connectionsMax: load.concurrency,
    onError: () => {}, // whoever waits on that connection is told
  });
  const opened = await Promise.all(Array.from({ length: load.concurrency }, () => pool.connect()));
  for (const client of opened) client.release();
  /** Where the next search for a free address begins, as the API remembers it. */
  const hints = new Map<string, string>();
  return {
    async send(_, number) {
      const tenant = load.tenants[number % load.tenants.length];
      if (tenant === undefined) throw new Error('a load without tenants');
      const { issuerId, subject, organizationId, projectId } = tenant;
      const name = `b-${numberText(number)}`;
      const [row] = await queryAsTenant<{ eip: { address: string } }>(pool, [organizationId], {
        ...CREATE_EIP,
        values: [
          ...[
            issuerId,
            subject,
            null,
            [organizationId],
            uuidv7(),
            projectId,
            name,
            'cloud',
            null,
            null,
            '{}',
          ],
          ...[name, name, FINGERPRINT, hints.get(projectId) ?? null],
        ],
      });
      if (row === undefined) throw new Error('create_eip answered nothing');
      hints.set(projectId, row.eip.address);
    },
    close: () => pool.end(),
  };
}
