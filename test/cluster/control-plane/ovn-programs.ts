import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Log, publish, recipeKey } from './cache.ts';
import { runCommand } from './command.ts';

/** Debian 13 has OVN 25.03, whose schema is the one that Kube-OVN 1.16 was written for; Debian 12's is too old. */
const debianRelease = 'trixie';
const debianKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The programs that get a start script, with their place in the Debian packages. */
const ovnTools = {
  'ovsdb-server': 'usr/sbin/ovsdb-server',
  'ovsdb-tool': 'usr/bin/ovsdb-tool',
  'ovn-northd': 'usr/bin/ovn-northd',
  'ovn-nbctl': 'usr/bin/ovn-nbctl',
  'ovn-sbctl': 'usr/bin/ovn-sbctl',
  'ovn-trace': 'usr/bin/ovn-trace',
} as const;

/** Paths of OVN's start scripts by program name, and of the directory with the two database schemas. */
export type OvnBinaries = Readonly<Record<keyof typeof ovnTools | 'schemas', string>>;

/**
 * Downloads OVN with every library it needs from the Debian mirror that this machine's apt uses, unpacks it
 * into a directory of its own and answers where it is. Nothing is installed, and root is not needed: the
 * start scripts run the programs under the unpacked C library. Throws when apt has no Debian mirror.
 */
export async function ensureOvnBinaries(cache: string, log: Log): Promise<OvnBinaries> {
  const root = ovnRoot(cache);
  await publish(root, async (partial) => {
    const startedAt = performance.now();
    log(`downloading OVN of Debian ${debianRelease}`);
    await unpackOvn(partial);
    log(`unpacked OVN in ${Math.round((performance.now() - startedAt) / 1000)} s`);
  });
  const paths = Object.keys(ovnTools).map((tool) => [tool, join(root, 'start', tool)]);
  return {
    ...(Object.fromEntries(paths) as Record<keyof typeof ovnTools, string>),
    schemas: join(root, 'usr', 'share', 'ovn'),
  };
}

/** True when `cache` holds OVN, so that neither apt nor a lock is needed. */
export function hasOvnBinaries(cache: string): boolean {
  return existsSync(ovnRoot(cache));
}

function ovnRoot(cache: string): string {
  return join(cache, `ovn-${recipeKey([process.arch, debianRelease, JSON.stringify(ovnTools)])}`);
}

async function unpackOvn(root: string): Promise<void> {
  const apt = `${root}.apt`;
  await rm(apt, { recursive: true, force: true });
  const config = await writeAptConfiguration(apt);
  await runCommand('apt-get', ['-q', '-c', config, 'update']);
  await runCommand('apt-get', ['-q', '-y', '-c', config, 'install', '--download-only', 'ovn-central']);
  await mkdir(root, { recursive: true });
  const archives = (await readdir(join(apt, 'archives'))).filter((name) => name.endsWith('.deb'));
  for (const archive of archives) await runCommand('dpkg-deb', ['-x', join(apt, 'archives', archive), root]);
  await writeStartScripts(root);
  await rm(apt, { recursive: true, force: true });
}

/** An apt that believes in an empty machine of the other release: its own lists, its own status, no host state. */
async function writeAptConfiguration(apt: string): Promise<string> {
  await mkdir(join(apt, 'lists', 'partial'), { recursive: true });
  await mkdir(join(apt, 'archives', 'partial'), { recursive: true });
  await mkdir(join(apt, 'empty'));
  await writeFile(join(apt, 'status'), '');
  const source = `deb [signed-by=${debianKeyring}] ${await debianMirror()} ${debianRelease} main\n`;
  await writeFile(join(apt, 'sources.list'), source);
  const config = join(apt, 'apt.conf');
  const settings = {
    'Dir::Etc::sourcelist': join(apt, 'sources.list'),
    'Dir::Etc::sourceparts': join(apt, 'empty'),
    'Dir::Etc::preferences': join(apt, 'none'),
    'Dir::Etc::preferencesparts': join(apt, 'empty'),
    'Dir::State': apt,
    'Dir::State::lists': join(apt, 'lists'),
    'Dir::State::status': join(apt, 'status'),
    'Dir::Cache': apt,
    'Dir::Cache::archives': join(apt, 'archives'),
    'APT::Sandbox::User': '',
    'APT::Install-Recommends': 'false',
    'Acquire::Languages': 'none',
  };
  await writeFile(
    config,
    Object.entries(settings)
      .map(([key, value]) => `${key} "${value}";\n`)
      .join(''),
  );
  return config;
}

/** Where this machine's apt finds Debian itself: neither the security archive nor another vendor's. */
async function debianMirror(): Promise<string> {
  const format = '$(REPO_URI) $(RELEASE) $(COMPONENT)';
  const targets = ['indextargets', '--no-release-info', '--format', format, 'Created-By: Packages'];
  const lines = (await runCommand('apt-get', targets)).split('\n');
  const debian = /^(\S+) (?:bullseye|bookworm|trixie|forky|oldstable|stable|testing|sid) main$/;
  for (const line of lines) {
    const mirror = debian.exec(line)?.[1];
    if (mirror !== undefined) return mirror;
  }
  throw new Error(
    'apt of this machine has no Debian mirror: OVN is taken from Debian, add one to apt sources',
  );
}

/** The programs need a newer C library than the machine has, so each runs under the one unpacked with it. */
async function writeStartScripts(root: string): Promise<void> {
  const triplet = (await readdir(join(root, 'usr', 'lib'))).find((name) => name.endsWith('-linux-gnu'));
  if (triplet === undefined) throw new Error(`no libraries were unpacked into ${root}`);
  const libraries = join('usr', 'lib', triplet);
  const loader = (await readdir(join(root, libraries))).find((name) => /^ld-linux.*\.so\.\d$/.test(name));
  if (loader === undefined) throw new Error(`no dynamic loader was unpacked into ${root}`);
  await mkdir(join(root, 'start'));
  for (const [tool, program] of Object.entries(ovnTools)) {
    const lines = [
      '#!/bin/sh',
      `root=\${0%/start/*}`,
      `exec "$root/${libraries}/${loader}" --argv0 ${tool} --library-path "$root/${libraries}" "$root/${program}" "$@"`,
    ];
    await writeFile(join(root, 'start', tool), `${lines.join('\n')}\n`);
    await chmod(join(root, 'start', tool), 0o755);
  }
}
