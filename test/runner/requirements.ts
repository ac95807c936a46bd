/** What `npm run test:cluster` needs of the machine beyond Node (test/cluster/control-plane/README.md). */
import { access, constants } from 'node:fs/promises';
import { runCommand } from './run-command.ts';

const programs = [
  {
    command: ['go', 'version'],
    why: 'Go 1.26 or newer builds Kubernetes, etcd and Kube-OVN from their modules',
  },
  { command: ['apt-get', '--version'], why: 'apt fetches the Debian packages of OVN' },
  { command: ['setpriv', '--version'], why: 'setpriv (util-linux) ends children with their parent' },
  { command: ['flock', '--version'], why: 'flock (util-linux) keeps two builds apart' },
] as const;

/** @returns a line for each thing that is missing */
export async function missingRequirements(): Promise<readonly string[]> {
  const missing: string[] = [];
  if (process.platform !== 'linux') missing.push('Linux');
  if (process.getuid?.() !== 0) missing.push('root: kube-ovn-controller writes below /var/log/kube-ovn');
  for (const { command, why } of programs) {
    if (!(await isThere(command))) missing.push(`${command[0]}: ${why}`);
  }
  const isWritable = await access('/var/log', constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!isWritable) missing.push('a writable /var/log');
  return missing;
}

async function isThere(command: readonly string[]): Promise<boolean> {
  try {
    return (await runCommand(command, { echo: false })).isGood;
  } catch {
    return false; // not on the PATH
  }
}
