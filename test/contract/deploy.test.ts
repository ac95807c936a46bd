/** The Deployments of `deploy/kubernetes` against the processes that they start. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { SettingsTable } from '@netplane/domain';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { apiSettings } from '../../apps/api/src/config.ts';
import { workerSettings } from '../../apps/worker/src/config.ts';

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));
const DIRECTORY = 'deploy/kubernetes/';

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly envFrom: readonly { readonly secretRef: { readonly name: string } }[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
}

interface Deployment {
  readonly kind: string;
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly Container[] } } };
}

interface Kustomization {
  readonly resources: readonly string[];
  readonly images: readonly { readonly name: string; readonly newName: string; readonly newTag: string }[];
}

const kustomization = parse(read(`${DIRECTORY}kustomization.yaml`)) as Kustomization; // checked below

/** Where each process answers its probes, and the setting of that port. */
const processes = [
  {
    name: 'api',
    table: apiSettings,
    ports: { http: 'PORT', admin: 'ADMIN_PORT' },
    probed: { port: 'http', source: 'apps/api/src/plugins/health.ts' },
  },
  {
    name: 'worker',
    table: workerSettings,
    ports: { admin: 'ADMIN_PORT' },
    probed: { port: 'admin', source: 'apps/worker/src/admin.ts' },
  },
] as const;

describe.each(processes)('Deployment of $name', ({ name, table, ports, probed }) => {
  const settings: SettingsTable = table;
  const [container] = containersOf(name);
  if (container === undefined) throw new TypeError(`${name}.yaml has no container`);
  const env = Object.fromEntries(container.env.map((variable) => [variable.name, variable.value]));

  it('starts a program of the checkout', () => {
    const [node, script = ''] = container.args;
    expect(node).toBe('node');
    expect(existsSync(`${CHECKOUT}${script}`), script).toBe(true);
  });

  it('sets only variables that the process reads, to values that it takes', () => {
    for (const [key, value] of Object.entries(env)) {
      expect(Object.keys(settings)).toContain(key);
      if (value !== undefined) expect(() => settings[key]?.parse(value), key).not.toThrow();
    }
  });

  it('gets every variable without a default from its Secret, as the runbook makes it', () => {
    expect(container.envFrom).toEqual([{ secretRef: { name: `netplane-${name}` } }]);
    const [, command = ''] =
      new RegExp(`create secret generic netplane-${name} ((?:\\\\\\n|.)*)`).exec(read('docs/runbook.md')) ??
      [];
    const required = Object.keys(settings).filter((key) => settings[key]?.default === undefined);
    for (const key of required) expect(command).toContain(`--from-literal=${key}=`);
    const given = [...command.matchAll(/--from-literal=([A-Z_]+)=/g)].map(([, key]) => key);
    expect(Object.keys(settings)).toEqual(expect.arrayContaining(given));
  });

  it('names the ports that the process listens on', () => {
    const named = Object.fromEntries(container.ports.map((port) => [port.name, String(port.containerPort)]));
    const listening = Object.entries(ports).map(([port, key]) => [port, env[key] ?? settings[key]?.default]);
    expect(named).toEqual(Object.fromEntries(listening));
  });

  it('probes paths that the process serves', () => {
    const source = read(probed.source);
    for (const { httpGet } of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
      expect(httpGet.port).toBe(probed.port);
      expect(source).toContain(`'${httpGet.path}'`);
    }
  });

  it('has an image that the kustomization replaces', () => {
    expect(kustomization.images.map((image) => image.name)).toContain(container.image);
  });
});

describe('kustomization.yaml', () => {
  it('names files that are there, and each image by a tag that stays', () => {
    for (const file of kustomization.resources)
      expect(existsSync(`${CHECKOUT}${DIRECTORY}${file}`), file).toBe(true);
    for (const { newTag } of kustomization.images) expect(newTag).not.toBe('latest');
  });
});

function containersOf(name: string): readonly Container[] {
  return parseAllDocuments(read(`${DIRECTORY}${name}.yaml`))
    .map((document) => document.toJS() as Deployment) // checked by the tests above
    .filter(({ kind }) => kind === 'Deployment')
    .flatMap(({ spec }) => spec.template.spec.containers);
}

function read(path: string): string {
  return readFileSync(`${CHECKOUT}${path}`, 'utf8');
}
