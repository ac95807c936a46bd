import { access, constants, mkdir } from 'node:fs/promises';
import type { Kubectl } from './kubectl.ts';
import { networkPlan } from './network-plan.ts';
import type { Ovn } from './ovn.ts';
import { chooseFreePorts, isFreePort } from './ports.ts';
import type { RunningProgram } from './program.ts';
import type { Surroundings } from './surroundings.ts';
import { waitFor } from './wait.ts';

const name = 'kube-ovn-controller';
const timeoutMs = 90_000;
const stopGraceMs = 3_000;

/** The program creates a file here at start, whatever its logging flags say, and ends when it cannot. */
const fixedLogDirectory = '/var/log/kube-ovn';

/** The last thing that it does at its start, after all workers run: nothing that comes later is collected. */
const lastLineOfStart = 'finish to gc vpc dns';

export interface KubeOvnController {
  /** Ends it (SIGTERM, then SIGKILL) and resolves when its process is gone. */
  stop(): Promise<void>;
  /** Starts it and resolves when it serves every kind. Throws when it is running already. */
  start(): Promise<void>;
  running(): boolean;
}

export interface KubeOvnControllerOptions {
  readonly kubeconfigPath: string;
  readonly kubectl: Kubectl;
  readonly ovn: Ovn;
  /** Flags added to the harness's own; a flag given twice has its last value. */
  readonly extraFlags: readonly string[];
}

/** Prepares kube-ovn-controller without starting it. */
export async function createKubeOvnController(
  surroundings: Surroundings,
  options: KubeOvnControllerOptions,
): Promise<KubeOvnController> {
  await makeFixedLogDirectory();
  const [port = 0] = await chooseFreePorts(1);
  let program: RunningProgram | undefined;
  const start = async () => {
    if (program?.running()) throw new Error(`${name} is running already`);
    if (!(await isFreePort(port))) throw new Error(`port ${port} of ${name} was taken by another program`);
    await deleteLease(options.kubectl);
    const { length: offset } = await surroundings.logFrom(name, 0);
    const started = await surroundings.start({
      name,
      path: surroundings.binaries[name],
      args: [...flags(port, options), ...options.extraFlags],
      env: environment(options.kubeconfigPath),
    });
    program = started;
    await waitFor(name, { timeoutMs, givenUp: started.death }, async () => {
      const written = await surroundings.logFrom(name, offset);
      return written.includes(lastLineOfStart) ? true : undefined;
    });
    // It says no word when its configuration keeps the default VPC from ever becoming ready.
    await options.kubectl([
      'wait',
      'vpc/ovn-cluster',
      '--for=jsonpath={.status.standby}=true',
      '--timeout=30s',
    ]);
  };
  return {
    start,
    stop: async () => program?.stop(stopGraceMs),
    running: () => program?.running() ?? false,
  };
}

function flags(port: number, { kubeconfigPath, ovn }: KubeOvnControllerOptions): readonly string[] {
  return [
    `--kubeconfig=${kubeconfigPath}`,
    `--ovn-nb-addr=${ovn.northbound}`,
    `--ovn-sb-addr=${ovn.southbound}`,
    `--default-cidr=${networkPlan.defaultCidr}`,
    `--node-switch-cidr=${networkPlan.joinCidr}`,
    `--service-cluster-ip-range=${networkPlan.serviceCidr}`,
    '--network-type=geneve',
    '--enable-eip-snat=true',
    `--external-gateway-switch=${networkPlan.externalGatewaySubnet}`,
    `--external-gateway-config-ns=${networkPlan.controllerNamespace}`,
    '--enable-metrics=false',
    `--pprof-port=${port}`,
    '--logtostderr=true',
  ];
}

function environment(kubeconfigPath: string): NodeJS.ProcessEnv {
  return {
    // One part of the program reads the flag, another this variable.
    KUBECONFIG: kubeconfigPath,
    POD_NAME: `${name}-0`,
    POD_NAMESPACE: networkPlan.controllerNamespace,
    NODE_NAME: networkPlan.gatewayNode,
    // Its health server listens on the addresses of the pod instead of on all of them.
    ENABLE_BIND_LOCAL_IP: 'true',
    POD_IPS: '127.0.0.1',
  };
}

/** A predecessor that was killed holds its lease for 30 s more, and the successor would wait for that. */
async function deleteLease(kubectl: Kubectl): Promise<void> {
  const namespace = `--namespace=${networkPlan.controllerNamespace}`;
  await kubectl(['delete', 'lease', name, namespace, '--ignore-not-found']);
}

async function makeFixedLogDirectory(): Promise<void> {
  try {
    await mkdir(fixedLogDirectory, { recursive: true });
    await access(fixedLogDirectory, constants.W_OK);
  } catch (cause) {
    throw new Error(`${name} needs ${fixedLogDirectory}: run as root, or make it writable for you`, {
      cause,
    });
  }
}
