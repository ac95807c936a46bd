/** A control plane that another process has started: tests look into it, its starter ends it. */
import { ensureBuilt } from './build.ts';
import { createKubectl, type Kubectl } from './kubectl.ts';
import { createOvnTools, type OvnPlaces, type OvnTools } from './ovn.ts';
import { createSurroundings } from './surroundings.ts';

/** Where a control plane is, as plain data. */
export interface ControlPlaneHandle extends OvnPlaces {
  readonly adminKubeconfigPath: string;
  readonly stateDirectory: string;
}

export interface AttachedControlPlane extends OvnTools {
  /** kubectl with that kubeconfig. */
  kubectlOf(kubeconfigPath: string): Kubectl;
  /** The last lines that a program wrote, for example of `kube-ovn-controller`. */
  logTail(program: string, lines: number): Promise<string>;
}

export async function attachControlPlane(handle: ControlPlaneHandle): Promise<AttachedControlPlane> {
  const binaries = await ensureBuilt(() => {});
  const surroundings = createSurroundings(binaries, handle.stateDirectory);
  return {
    ...createOvnTools(binaries, handle),
    kubectlOf: (kubeconfigPath) => createKubectl(surroundings, kubeconfigPath),
    logTail: surroundings.logTail,
  };
}
