import { existsSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Log, publish, recipeKey } from './cache.ts';
import { runCommand } from './command.ts';

/**
 * The programs built from Go modules. Each row names a main package of a dependency; the module directory
 * pins its version and every checksum, and has no code of its own.
 */
const goPrograms = [
  { name: 'etcd', module: 'kubernetes', package: 'go.etcd.io/etcd/server/v3' },
  { name: 'kube-apiserver', module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kube-apiserver' },
  {
    name: 'kube-controller-manager',
    module: 'kubernetes',
    package: 'k8s.io/kubernetes/cmd/kube-controller-manager',
  },
  { name: 'kubectl', module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kubectl' },
  // Kube-OVN's main looks at the name it was started by: the file must be called exactly so.
  { name: 'kube-ovn-controller', module: 'kube-ovn', package: 'github.com/kubeovn/kube-ovn/cmd/controller' },
] as const;

type GoProgram = (typeof goPrograms)[number];

/** Paths of what was built from Go modules, by program name; `crds` is Kube-OVN's file of CRDs. */
export type GoBinaries = Readonly<Record<GoProgram['name'] | 'crds', string>>;

const crdsInModule = join('charts', 'kube-ovn-v2', 'crds', 'kube-ovn-crd.yaml');

/**
 * Builds the Go programs that `cache` does not hold and answers where they are. Needs the module proxy and the
 * checksum database that Go is configured for. Throws when Go is missing or a build fails.
 */
export async function ensureGoBinaries(cache: string, log: Log): Promise<GoBinaries> {
  const directories = {
    kubernetes: await moduleCache(cache, 'kubernetes'),
    'kube-ovn': await moduleCache(cache, 'kube-ovn'),
  };
  const paths: Record<string, string> = {};
  for (const program of goPrograms) {
    const path = join(directories[program.module], program.name);
    await publish(path, (partial) => buildProgram(program, partial, log));
    paths[program.name] = path;
  }
  const crds = join(directories['kube-ovn'], 'kube-ovn-crd.yaml');
  await publish(crds, copyCrds);
  return { ...(paths as Record<GoProgram['name'], string>), crds };
}

/** True when `cache` holds all of them, so that neither Go nor a lock is needed. */
export async function hasGoBinaries(cache: string): Promise<boolean> {
  for (const program of goPrograms) {
    if (!existsSync(join(await moduleCache(cache, program.module), program.name))) return false;
  }
  return existsSync(join(await moduleCache(cache, 'kube-ovn'), 'kube-ovn-crd.yaml'));
}

/** Throws an Error that says what to install when this machine has no Go. */
export async function assertGo(): Promise<void> {
  await runCommand('go', ['version']).catch((cause: unknown) => {
    throw new Error(
      'Go is missing: install Go 1.26 or newer and put `go` on the PATH; it builds the control plane',
      { cause },
    );
  });
}

async function buildProgram(program: GoProgram, output: string, log: Log): Promise<void> {
  const startedAt = performance.now();
  log(`building ${program.name} (minutes on a machine that never built it)`);
  const args = ['build', '-p', '2', '-ldflags', await linkFlags(program), '-o', output, program.package];
  await runCommand('go', args, { cwd: moduleDirectory(program.module), env: goEnvironment() });
  log(`built ${program.name} in ${Math.round((performance.now() - startedAt) / 1000)} s`);
}

async function copyCrds(destination: string): Promise<void> {
  const args = ['list', '-m', '-f', '{{.Dir}}', 'github.com/kubeovn/kube-ovn'];
  const options = { cwd: moduleDirectory('kube-ovn'), env: goEnvironment() };
  const directory = (await runCommand('go', args, options)).trim();
  await copyFile(join(directory, crdsInModule), destination);
}

/** Without a version in it, clients cannot read what kube-apiserver answers as its version. */
async function linkFlags(program: GoProgram): Promise<string> {
  if (program.module !== 'kubernetes') return '-s -w';
  const goMod = await readFile(join(moduleDirectory('kubernetes'), 'go.mod'), 'utf8');
  const version = /^\s*(?:require )?k8s\.io\/kubernetes (v\S+)/m.exec(goMod)?.[1];
  if (version === undefined) throw new Error('go/kubernetes/go.mod requires no version of k8s.io/kubernetes');
  return `-s -w -X k8s.io/component-base/version.gitVersion=${version}`;
}

/** A developer's workspace file, vendoring or C compiler must not change what is built. */
function goEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '-mod=readonly -buildvcs=false' };
}

function moduleDirectory(module: GoProgram['module']): string {
  return join(import.meta.dirname, 'go', module);
}

async function moduleCache(cache: string, module: GoProgram['module']): Promise<string> {
  const files = ['go.mod', 'go.sum'].map((name) => readFile(join(moduleDirectory(module), name), 'utf8'));
  return join(
    cache,
    `${module}-${recipeKey([process.arch, JSON.stringify(goPrograms), ...(await Promise.all(files))])}`,
  );
}
