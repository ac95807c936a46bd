import { expect, it } from 'vitest';
import { clusterBody } from '../../support/builders/cluster.builder.ts';
import { externalNetworkBody } from '../../support/builders/external-network.builder.ts';
import { createLoadedRange } from '../../support/world.ts';
import { useStage } from '../support/stage.ts';
import type { View } from '../support/views.ts';

const stage = useStage();

it('loads a whole /12', async () => {
  const cluster = await stage.api.must<View>('POST', '/v1/clusters', { body: clusterBody() });
  const network = await stage.api.must<View>('POST', '/v1/external-networks', {
    body: externalNetworkBody(cluster.id, '100.64.0.0/10'),
  });
  const span = { first: '100.64.0.1', last: '100.80.0.0' };
  const rangeId = await createLoadedRange(stage.api, stage.database, network.id, span);
  expect(await stage.api.must('GET', `/v1/ip-ranges/${rangeId}`)).toMatchObject({ size: 1_048_576 });
  const { addresses } = await stage.api.must<{ addresses: Record<string, number> }>(
    'GET',
    `/v1/external-networks/${network.id}`,
  );
  expect(addresses).toMatchObject({ free: 1_048_575, reserved: 1, allocated: 0 });
});
