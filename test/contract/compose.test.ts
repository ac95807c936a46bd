/** `docker-compose.yml`, `Dockerfile` and `.dockerignore` against the code that they start. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { SettingsTable } from '@netplane/domain';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { apiSettings } from '../../apps/api/src/config.ts';
import { workerSettings } from '../../apps/worker/src/config.ts';
import packageFile from '../../package.json' with { type: 'json' };
import { migrateSettings } from '../../packages/db/src/migrate/config.ts';

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose; // checked below
const services = Object.entries(compose.services);

const ours = [
  { name: 'migrate', table: migrateSettings },
  { name: 'api', table: apiSettings },
  { name: 'worker', table: workerSettings },
] as const satisfies readonly { readonly name: string; readonly table: SettingsTable }[];

describe('docker-compose.yml', () => {
  describe.each(ours)('$name', ({ name, table }) => {
    const settings: SettingsTable = table;
    const service = compose.services[name];
    const environment = service?.environment ?? {};

    it('sets only variables that the process reads', () => {
      expect(Object.keys(settings)).toEqual(expect.arrayContaining(Object.keys(environment)));
    });

    it('sets every variable that has no default', () => {
      const required = Object.keys(settings).filter((key) => settings[key]?.default === undefined);
      expect(Object.keys(environment)).toEqual(expect.arrayContaining(required));
    });

    it.each(Object.entries(environment))('gives %s a value that the process takes', (key, value) => {
      expect(() => settings[key]?.parse(withDefaults(value))).not.toThrow();
    });

    it('starts a program of the checkout', () => {
      const [node, script = ''] = service?.command ?? [];
      expect(node).toBe('node');
      expect(existsSync(`${CHECKOUT}${script}`), script).toBe(true);
    });
  });

  it.each(services)('%s waits only for services that are there, for something that comes', (_, service) => {
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      const awaited = compose.services[other];
      expect(awaited, other).toBeDefined();
      if (condition === 'service_healthy') expect(awaited?.healthcheck, other).toBeDefined();
    }
  });

  it.each(services)('%s has an image that can be replaced and is not `latest`', (_, { image }) => {
    expect(image).toMatch(/^\$\{[A-Z_]+:-[^}]+:[^}]+\}$/);
    expect(image).not.toMatch(/:latest\}$/);
  });

  it.each(services)('%s mounts volumes and files that are there', (_, service) => {
    for (const mount of service.volumes ?? []) {
      const [source = ''] = mount.split(':/');
      if (source.startsWith('./')) expect(existsSync(`${CHECKOUT}${source}`), source).toBe(true);
      else if (!source.startsWith('${')) expect(Object.keys(compose.volumes)).toContain(source);
    }
  });

  it('probes ports that the processes listen on', () => {
    const probe = (name: string) => compose.services[name]?.healthcheck?.test.join(' ');
    expect(probe('api')).toContain(`:${apiSettings.PORT.default}/readyz`);
    expect(probe('worker')).toContain(`:${workerSettings.ADMIN_PORT.default}/healthz`);
  });
});

describe('Dockerfile', () => {
  const lines = read('Dockerfile').split('\n');
  const allowed = read('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));

  it('copies only what is in the checkout and let through by .dockerignore', () => {
    const sources = lines
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(/\s+/).slice(1, -1));
    expect(sources.length).toBeGreaterThan(0);
    for (const source of sources) {
      expect(existsSync(`${CHECKOUT}${source}`), source).toBe(true);
      expect(allowed, source).toContain(source.split('/')[0]);
    }
  });

  it('runs npm scripts that are there', () => {
    const scripts = lines.flatMap((line) => /^RUN npm run (?:--silent )?(\S+)/.exec(line)?.[1] ?? []);
    expect(scripts.length).toBeGreaterThan(0);
    expect(Object.keys(packageFile.scripts)).toEqual(expect.arrayContaining(scripts));
  });

  it('leaves nothing out of the image that the processes import', () => {
    const simulator = /from '[^']*\/simulator\//;
    expect(read('packages/k8s-adapter/src/index.ts')).not.toMatch(simulator);
  });

  it('starts programs of the checkout', () => {
    const programs = [...lines.join('\n').matchAll(/node"?,? "?((?:apps|packages)\/[\w/.-]+\.ts)/g)].map(
      ([, path = '']) => path,
    );
    expect(new Set(programs).size).toBe(ours.length);
    for (const path of programs) expect(existsSync(`${CHECKOUT}${path}`), path).toBe(true);
  });
});

function read(path: string): string {
  return readFileSync(`${CHECKOUT}${path}`, 'utf8');
}

/** `${NAME:-default}` as Compose reads it where nothing is set. */
function withDefaults(value: string): string {
  return value.replace(/\$\{[A-Z_]+:-([^}]*)\}/g, '$1');
}
