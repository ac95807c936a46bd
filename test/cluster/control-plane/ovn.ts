import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binaries } from './build.ts';
import { runCommand } from './command.ts';
import { networkPlan } from './network-plan.ts';
import type { RunningProgram } from './program.ts';
import type { Surroundings } from './surroundings.ts';
import { waitFor } from './wait.ts';

const startTimeoutMs = 20_000;
const commandTimeoutMs = 60_000;
/** Waits until northd has compiled all rows. */
const sync = ['--timeout=30', '--wait=sb', 'sync'] as const;

export interface TraceOptions {
  /** What the conntrack lookups on the way answer, in order; 4 are enough for every gateway of a project. */
  readonly ct?: readonly ('new' | 'est,rpl')[];
}

/** Where the two databases are: `unix:<path>`. */
export interface OvnPlaces {
  readonly northbound: string;
  readonly southbound: string;
}

export interface OvnTools {
  nbctl(args: readonly string[]): Promise<string>;
  sbctl(args: readonly string[]): Promise<string>;
  trace(datapath: string, microflow: string, options?: TraceOptions): Promise<string>;
}

export interface Ovn extends OvnPlaces, OvnTools {}

/**
 * Starts the two OVN databases and ovn-northd, which compiles the northbound rows into the flows that
 * ovn-trace follows. All of it listens on sockets in the state directory, on no port.
 */
export async function startOvn(surroundings: Surroundings): Promise<Ovn> {
  const directory = join(surroundings.stateDirectory, 'ovn');
  await mkdir(directory, { recursive: true });
  const [northbound, southbound] = await Promise.all([
    startDatabase(surroundings, directory, 'nb'),
    startDatabase(surroundings, directory, 'sb'),
  ]);
  const tools = createOvnTools(surroundings.binaries, { northbound, southbound });
  const { nbctl, sbctl } = tools;
  // kube-ovn-controller expects the global row of each database when it connects.
  await nbctl(['init']);
  await sbctl(['init']);
  const northd = await surroundings.start({
    name: 'ovn-northd',
    path: surroundings.binaries['ovn-northd'],
    args: [
      `--ovnnb-db=${northbound}`,
      `--ovnsb-db=${southbound}`,
      `--unixctl=${join(directory, 'ovn-northd.ctl')}`,
    ],
  });
  await waitFor('ovn-northd', { timeoutMs: startTimeoutMs, givenUp: northd.death }, () => nbctl(sync));
  await addChassis(sbctl);
  return { northbound, southbound, ...tools };
}

/** The command line tools on databases that run, whoever started them. */
export function createOvnTools(binaries: Binaries, { northbound, southbound }: OvnPlaces): OvnTools {
  const run = (tool: string, args: readonly string[]) =>
    runCommand(tool, args, { timeoutMs: commandTimeoutMs });
  const nbctl = (args: readonly string[]) => run(binaries['ovn-nbctl'], [`--db=${northbound}`, ...args]);
  return {
    nbctl,
    sbctl: (args) => run(binaries['ovn-sbctl'], [`--db=${southbound}`, ...args]),
    trace: async (datapath, microflow, { ct = [] } = {}) => {
      await nbctl(sync);
      const states = ct.map((state) => `--ct=${state}`);
      return run(binaries['ovn-trace'], [`--db=${southbound}`, ...states, datapath, microflow]);
    },
  };
}

async function startDatabase(
  surroundings: Surroundings,
  directory: string,
  database: 'nb' | 'sb',
): Promise<string> {
  const { binaries } = surroundings;
  const file = join(directory, `${database}.db`);
  const socket = join(directory, `${database}.sock`);
  const name = `ovsdb-server-${database}`;
  await runCommand(binaries['ovsdb-tool'], [
    'create',
    file,
    join(binaries.schemas, `ovn-${database}.ovsschema`),
  ]);
  const server: RunningProgram = await surroundings.start({
    name,
    path: binaries['ovsdb-server'],
    args: [`--remote=punix:${socket}`, `--unixctl=${join(directory, `${name}.ctl`)}`, file],
  });
  const tool = binaries[database === 'nb' ? 'ovn-nbctl' : 'ovn-sbctl'];
  await waitFor(name, { timeoutMs: startTimeoutMs, givenUp: server.death }, () =>
    runCommand(tool, [`--db=unix:${socket}`, '--timeout=2', 'get-connection']).then(() => true),
  );
  return `unix:${socket}`;
}

/** The gateway node's ovn-controller would register itself; Kube-OVN refuses external networks without one. */
async function addChassis(sbctl: Ovn['sbctl']): Promise<void> {
  const { gatewayChassis: chassis, gatewayNode } = networkPlan;
  const add = ['chassis-add', chassis, 'geneve', '127.0.0.1'];
  await sbctl([...add, '--', 'set', 'chassis', chassis, `hostname=${gatewayNode}`]);
}
