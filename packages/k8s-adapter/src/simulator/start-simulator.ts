import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createSimulatorServer } from './http/server.ts';
import { createSimulator, type Simulator, type SimulatorOptions } from './simulator.ts';

export interface StartOptions extends SimulatorOptions {
  /** 0: any free port. Default 0. */
  readonly port?: number;
  /** Default 127.0.0.1. There is no authentication: whoever reaches it owns it. */
  readonly host?: string;
}

export interface RunningSimulator {
  /** Origin, without a slash at its end. */
  readonly url: string;
  /** YAML text for `createKubeClient({ kubeconfig })` or kubectl. */
  readonly kubeconfig: string;
  readonly simulator: Simulator;
  /** Ends watches and connections, closes the journal. Resolves when the port is free. */
  stop(): Promise<void>;
}

/**
 * Serves a simulated cluster over HTTP in this process; resolves when its own objects are ready. Throws when the port
 * is taken or the directory's journal is damaged.
 */
export async function startSimulator(options: StartOptions = {}): Promise<RunningSimulator> {
  const { port = 0, host = '127.0.0.1', log = () => {} } = options;
  const simulator = createSimulator(options);
  const server = createSimulatorServer(simulator, log);
  try {
    await simulator.knobs.settled();
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    simulator.close();
    throw error;
  }
  const url = `http://${host}:${portOf(server.address())}`;
  return {
    url,
    kubeconfig: kubeconfigFor(url),
    simulator,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      simulator.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Clients of `@kubernetes/client-node` speak plain HTTP only where TLS verification is off. */
export function kubeconfigFor(url: string, token = 'simulator'): string {
  const cluster = { server: url, 'insecure-skip-tls-verify': true };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'simulator', cluster }],
    users: [{ name: 'netplane', user: { token } }],
    contexts: [{ name: 'simulator', context: { cluster: 'simulator', user: 'netplane' } }],
    'current-context': 'simulator',
  };
  return `${JSON.stringify(config, null, 2)}\n`; // JSON is YAML
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === 'string') throw new Error('the simulator has no TCP port');
  return address.port;
}
