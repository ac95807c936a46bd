import { join } from 'node:path';
import { runCommand } from './command.ts';
import type { Surroundings } from './surroundings.ts';

const timeoutMs = 120_000;

/** Runs kubectl with `input` on its standard input and answers its output. Throws an Error with its stderr. */
export type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

/** A kubectl bound to one kubeconfig, whose discovery cache stays in the state directory. */
export function createKubectl(surroundings: Surroundings, kubeconfigPath: string): Kubectl {
  const env = {
    ...process.env,
    KUBECONFIG: kubeconfigPath,
    KUBECACHEDIR: join(surroundings.stateDirectory, 'kubectl-cache'),
    KUBERC: 'off',
  };
  return (args, input = '') => runCommand(surroundings.binaries.kubectl, args, { env, input, timeoutMs });
}
