/** `.env.example` lists what the processes read: no variable more, none fewer, each with its real default. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type SettingsTable, text } from '@netplane/domain';
import { describe, expect, it } from 'vitest';
import { apiSettings } from '../../apps/api/src/config.ts';
import { workerSettings } from '../../apps/worker/src/config.ts';
import { migrateSettings } from '../../packages/db/src/migrate/config.ts';

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));

/** Everything else of the sandbox's processes is set by the sandbox. */
const sandboxSettings = { PORT: text({ default: '8080', help: 'port of the API' }) };

const tables: Readonly<Record<string, SettingsTable>> = {
  Migrations: migrateSettings,
  API: apiSettings,
  Worker: workerSettings,
  Sandbox: sandboxSettings,
};

interface Variable {
  readonly name: string;
  readonly value: string;
  readonly isCommentedOut: boolean;
  readonly comment: string | undefined;
}

/** Variables by section: `# == Name: command ==`, then a comment line and the variable, again and again. */
function readExample(): ReadonlyMap<string, readonly Variable[]> {
  const sections = new Map<string, Variable[]>();
  let variables: Variable[] = [];
  let comment: string | undefined;
  for (const line of readFileSync(`${CHECKOUT}.env.example`, 'utf8').split('\n')) {
    const heading = /^# == (\w+): .+ ==$/.exec(line)?.[1];
    const [, hash, name, value] = /^(#?)([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (heading !== undefined) {
      variables = [];
      sections.set(heading, variables);
    }
    if (name !== undefined && value !== undefined) {
      variables.push({ name, value, isCommentedOut: hash === '#', comment });
    }
    comment = name === undefined && line.startsWith('# ') ? line.slice(2) : undefined;
  }
  return sections;
}

const example = readExample();

describe('.env.example', () => {
  it('has a section for each process', () => {
    expect([...example.keys()]).toEqual(Object.keys(tables));
  });

  describe.each(Object.entries(tables))('%s', (section, table) => {
    const variables = example.get(section) ?? [];

    it('lists the variables that the process reads, in the order of its settings', () => {
      expect(variables.map(({ name }) => name)).toEqual(Object.keys(table));
    });

    it.each(variables)('says of $name what it is', ({ comment }) => {
      expect(comment).toBeDefined();
    });

    it.each(variables)('shows the default of $name, or an example that the process takes', (variable) => {
      const setting = table[variable.name];
      expect(variable.isCommentedOut, 'commented out where there is a default').toBe(
        setting?.default !== undefined,
      );
      if (setting?.default !== undefined) expect(variable.value).toBe(setting.default);
      expect(() => setting?.parse(variable.value)).not.toThrow();
    });
  });

  it('knows every variable that the sandbox reads', () => {
    const directory = `${CHECKOUT}apps/sandbox/src/`;
    const sources = readdirSync(directory, { recursive: true }).filter((path) =>
      String(path).endsWith('.ts'),
    );
    const read = sources.flatMap((path) =>
      [...readFileSync(`${directory}${path}`, 'utf8').matchAll(/process\.env\.(\w+)/g)].map(
        ([, name]) => name,
      ),
    );
    expect([...new Set(read)]).toEqual(Object.keys(sandboxSettings));
    const main = readFileSync(`${directory}main.ts`, 'utf8');
    expect(main).toContain(`DEFAULT_PORT = ${sandboxSettings.PORT.default};`);
  });
});
