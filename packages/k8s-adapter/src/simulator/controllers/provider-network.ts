import { type Controller, done, job } from './controller.ts';
import { statusPatch } from './writes.ts';

/**
 * ProviderNetwork: the nodes' agents make it ready on a real cluster; here it is so at once, on every node. (The
 * controller alone leaves `ready: false`, and needs it for nothing.)
 */
export const providerNetworkController: Controller = {
  kind: 'ProviderNetwork',
  added: (network) => [job('provider-network', network.metadata.name)],
  handlers: {
    'provider-network': (cluster, { key }) => {
      const network = cluster.get('ProviderNetwork', key);
      if (network === undefined) return done;
      const readyNodes = cluster.all('Node').map(({ metadata }) => metadata.name);
      return { writes: [statusPatch(network, { ready: true, readyNodes })] };
    },
  },
};
