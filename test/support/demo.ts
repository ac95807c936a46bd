import { seed, waitForNetworks } from '../../apps/sandbox/src/seed.ts';
import type { Stack } from './stack.ts';

/**
 * Organizations, networks and ranges of the demo, ready, on a stack whose workers are started for it.
 * @throws Error when the networks are not ready in time
 */
export async function makeDemo(stack: Stack, timeoutSeconds: number): Promise<void> {
  const { platform_admin: token = '' } = stack.tokens;
  const options = { apiUrl: stack.apiUrl, token, issuerId: stack.issuer };
  await seed(options);
  await stack.startWorkers();
  await waitForNetworks(options, timeoutSeconds);
}
