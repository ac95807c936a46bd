import { expect, it } from 'vitest';
import { clusterBody } from '../../support/builders/cluster.builder.ts';
import { externalNetworkBody } from '../../support/builders/external-network.builder.ts';
import { ipRangeBody } from '../../support/builders/ip-range.builder.ts';
import { loadAddresses } from '../../support/world.ts';
import { useStage } from '../support/stage.ts';
import type { View } from '../support/views.ts';

const stage = useStage();

it('loads a whole /12', async () => {
  const cluster = await stage.api.must<View>('POST', '/v1/clusters', { body: clusterBody() });
  const network = await stage.api.must<View>('POST', '/v1/external-networks', {
    body: externalNetworkBody(cluster.id, '100.64.0.0/10'),
  });
  const range = await stage.api.must<View>('POST', '/v1/ip-ranges', {
    body: ipRangeBody(network.id, { first: '100.64.0.1', last: '100.80.0.0' }),
  });
  expect(range).toMatchObject({ size: 1_048_576 });
  await loadAddresses(stage.database, range.id);
  const { addresses } = await stage.api.must<{ addresses: Record<string, number> }>(
    'GET',
    `/v1/external-networks/${network.id}`,
  );
  expect(addresses).toMatchObject({ free: 1_048_575, reserved: 1, allocated: 0 });
});
