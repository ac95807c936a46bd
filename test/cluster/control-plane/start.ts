import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ApiServer, startApiServer } from './api-server.ts';
import type { ControlPlaneHandle } from './attach.ts';
import { type Binaries, ensureBuilt } from './build.ts';
import type { Log } from './cache.ts';
import { createControllerManager } from './controller-manager.ts';
import { createCredentials, writeKubeconfig } from './credentials.ts';
import { startEtcd } from './etcd.ts';
import { applyFixtures } from './fixtures.ts';
import { createKubeOvnController, type KubeOvnController } from './kube-ovn-controller.ts';
import { createKubectl, type Kubectl } from './kubectl.ts';
import { type Ovn, startOvn } from './ovn.ts';
import { createStateDirectory } from './state-directory.ts';
import { createSurroundings, type Surroundings } from './surroundings.ts';

/** How long a ServiceAccount's token is good for: longer than any test. */
const tokenDuration = '24h';

export interface ControlPlaneOptions {
  /** What `ensureBuilt` answered; without it, it is called. */
  readonly binaries?: Binaries;
  /** Gets a line as each part is ready. */
  readonly log?: Log;
  /** Leaves the state directory with its logs behind at `stop` and when the start fails. */
  readonly keepState?: boolean;
  /** Flags for kube-ovn-controller after the harness's own, for example `--gc-interval=0`. */
  readonly kubeOvnFlags?: readonly string[];
}

/** A real Kubernetes API with a real Kube-OVN and OVN's databases, of which only the packets are missing. */
export interface ControlPlane {
  /** `https://127.0.0.1:<port>` */
  readonly apiServerUrl: string;
  /** A cluster administrator's kubeconfig: for fixtures and assertions, not for the program under test. */
  readonly adminKubeconfigPath: string;
  readonly stateDirectory: string;
  /** For `attachControlPlane` in another process. */
  readonly handle: ControlPlaneHandle;
  /** kubectl as administrator, `input` on its standard input. Throws an Error with its standard error. */
  readonly kubectl: Kubectl;
  /**
   * Writes a kubeconfig with a token (24 h, from TokenRequest) of a ServiceAccount that exists, whose default
   * namespace is the ServiceAccount's, and answers its path. Throws when there is no such ServiceAccount.
   */
  serviceAccountKubeconfig(namespace: string, name: string): Promise<string>;
  readonly nbctl: Ovn['nbctl'];
  readonly sbctl: Ovn['sbctl'];
  /** ovn-trace, after northd has compiled all rows. `ct` is what its conntrack lookups answer, in order. */
  readonly trace: Ovn['trace'];
  /** Its start takes the lease of a killed predecessor away instead of waiting for it. */
  readonly kubeOvnController: KubeOvnController;
  /**
   * Comes back on the same port with the same certificate; kube-controller-manager stops and starts with it.
   * kube-ovn-controller ends itself after 20 s without it, then needs a start of its own.
   */
  readonly apiServer: Pick<ApiServer, 'stop' | 'start'>;
  /** The last lines that a program wrote, for example of `kube-ovn-controller` or `ovn-northd`. */
  logTail(program: string, lines: number): Promise<string>;
  /** Ends every process, waits for that, and removes the state directory. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts a control plane of its own: own ports on 127.0.0.1, own directory, nothing shared with another one.
 * Resolves when kube-ovn-controller serves every kind. All its processes die with this process, however it
 * ends. Throws an Error with the tail of the failing program's log when a part does not become ready.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const { log = () => {}, keepState = false, kubeOvnFlags = [] } = options;
  const binaries = options.binaries ?? (await ensureBuilt(log));
  const stateDirectory = await createStateDirectory(keepState);
  const surroundings = createSurroundings(binaries, stateDirectory);
  const stop = async () => {
    await surroundings.stopAll();
    if (!keepState) await rm(stateDirectory, { recursive: true, force: true });
  };
  try {
    return { ...(await startParts(surroundings, kubeOvnFlags, log)), stop };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const tail = await surroundings.postMortem();
    await stop();
    throw new Error(`the control plane did not start: ${message}\n${tail}`, { cause });
  }
}

async function startParts(
  surroundings: Surroundings,
  kubeOvnFlags: readonly string[],
  log: Log,
): Promise<Omit<ControlPlane, 'stop'>> {
  const { binaries, stateDirectory } = surroundings;
  const startedAt = performance.now();
  const ready = (part: string) => log(`${((performance.now() - startedAt) / 1000).toFixed(1)} s: ${part}`);
  const credentials = await createCredentials(join(stateDirectory, 'credentials'));
  const startingOvn = startOvn(surroundings);
  // Its failure is met at the await below, which an earlier failure of the API server may skip.
  startingOvn.catch(() => {});
  const apiServer = await startApiServer(surroundings, credentials, await startEtcd(surroundings));
  ready('kube-apiserver');

  const kubeconfigs = join(stateDirectory, 'kubeconfigs');
  await mkdir(kubeconfigs, { mode: 0o700 });
  const kubeconfigOf = (name: keyof typeof credentials.tokens) =>
    writeKubeconfig(join(kubeconfigs, name), apiServer, { name, token: credentials.tokens[name] });
  const adminKubeconfigPath = await kubeconfigOf('admin');
  const kubectl = createKubectl(surroundings, adminKubeconfigPath);
  const kubeconfigPath = await kubeconfigOf('kube-controller-manager');
  const controllerManager = createControllerManager(surroundings, credentials, { kubeconfigPath, kubectl });
  const [ovn] = await Promise.all([
    startingOvn,
    controllerManager.start(),
    applyFixtures(kubectl, binaries.crds),
  ]);
  ready('kube-controller-manager, OVN, fixtures');

  const kubeOvnController = await createKubeOvnController(surroundings, {
    kubeconfigPath: await kubeconfigOf('kube-ovn-controller'),
    kubectl,
    ovn,
    extraFlags: kubeOvnFlags,
  });
  await kubeOvnController.start();
  ready('kube-ovn-controller');
  return {
    apiServerUrl: apiServer.url,
    adminKubeconfigPath,
    stateDirectory,
    handle: { adminKubeconfigPath, stateDirectory, northbound: ovn.northbound, southbound: ovn.southbound },
    kubectl,
    serviceAccountKubeconfig: async (namespace, name) => {
      const create = ['create', 'token', name, `--namespace=${namespace}`, `--duration=${tokenDuration}`];
      const token = (await kubectl(create)).trim();
      const path = join(kubeconfigs, `${namespace}.${name}`);
      return writeKubeconfig(path, apiServer, { name, token, namespace });
    },
    nbctl: ovn.nbctl,
    sbctl: ovn.sbctl,
    trace: ovn.trace,
    kubeOvnController,
    apiServer: {
      stop: async () => {
        // Left alone it would look for the API server less and less often, and sleep a minute after its return.
        await controllerManager.stop();
        await apiServer.stop();
      },
      start: async () => {
        await apiServer.start();
        await controllerManager.start();
      },
    },
    logTail: surroundings.logTail,
  };
}
