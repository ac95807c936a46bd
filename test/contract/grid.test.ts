/** Layers are packages, kinds are folders of the same name in each: a missing cell is listed here. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type Kind, kindNames, kinds } from '@netplane/domain';
import { describe, expect, it } from 'vitest';
import { CHECKOUT } from '../runner/run-command.ts';

const GOLDEN_CASES_MIN = 3;

/** Files that every kind has. */
function cellsOf(kind: Kind): readonly string[] {
  return [
    `packages/domain/src/${kind}/${kind}.ts`,
    `packages/db/src/${kind}/${kind}.row.ts`,
    `packages/db/src/${kind}/${kind}.repository.ts`,
    ...['schema', 'service', 'presenter', 'routes', 'graphql'].map(
      (role) => `apps/api/src/${kind}/${kind}.${role}.ts`,
    ),
    `test/support/builders/${kind}.builder.ts`,
    `test/integration/${kind}/${kind}.test.ts`,
  ];
}

/** And those of a kind that a cluster has to agree with. */
function provisionedCellsOf(kind: Kind): readonly string[] {
  return [
    `packages/db/src/${kind}/${kind}-work.repository.ts`,
    `packages/k8s-adapter/src/${kind}/${kind}.manifests.ts`,
    `packages/k8s-adapter/src/${kind}/${kind}.status.ts`,
    `apps/worker/src/${kind}/${kind}.load.ts`,
  ];
}

describe.each(kindNames)('the grid: %s', (kind) => {
  const { provisioned } = kinds[kind];

  it('has every cell', () => {
    const cells = [...cellsOf(kind), ...(provisioned ? provisionedCellsOf(kind) : [])];
    expect(cells.filter((path) => !existsSync(`${CHECKOUT}${path}`))).toEqual([]);
  });

  it.runIf(provisioned)(`has ${GOLDEN_CASES_MIN} golden cases at least, each with its output`, () => {
    const files = readdirSync(`${CHECKOUT}packages/k8s-adapter/src/${kind}/testdata`);
    const inputs = files.filter((name) => name.endsWith('.in.yaml'));
    expect(inputs.length).toBeGreaterThanOrEqual(GOLDEN_CASES_MIN);
    const outputs = files.filter((name) => name.endsWith('.out.yaml'));
    expect(outputs.sort()).toEqual(inputs.map((name) => name.replace('.in.', '.out.')).sort());
  });

  it('stands in the glossary', () => {
    const word = kind.replaceAll('-', ' ').replace(/^ip /, 'IP ').replace(/^eip$/, 'EIP');
    expect(readFileSync(`${CHECKOUT}docs/glossary.md`, 'utf8')).toContain(word);
  });
});

describe('the grid', () => {
  const layers = [
    'packages/domain/src',
    'packages/db/src',
    'packages/k8s-adapter/src',
    'apps/api/src',
    'apps/worker/src',
  ];
  /** Folders of a layer that are about no kind. */
  const subjects: readonly string[] = [
    ...['access', 'primitives'],
    ...['client', 'doctor', 'migrate', 'prisma', 'work-queue'],
    ...['engine', 'manifest', 'simulator'],
    ...['plugins', 'me'],
  ];

  it.each(layers)('has no folder that is neither a kind nor a known subject: %s', (layer) => {
    const folders = readdirSync(`${CHECKOUT}${layer}`, { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    const strangers = folders
      .map(({ name }) => name)
      .filter((name) => !subjects.includes(name) && !(name in kinds));
    expect(strangers).toEqual([]);
  });
});

describe('prepared statements', () => {
  it('each have a name of their own: PostgreSQL keeps one text under it', () => {
    const folder = `${CHECKOUT}packages/db/src`;
    const texts = new Map<string, Set<string>>();
    for (const path of readdirSync(folder, { recursive: true }).map(String)) {
      if (!path.endsWith('.ts')) continue;
      const source = readFileSync(`${folder}/${path}`, 'utf8');
      for (const [, name = '', text = ''] of source.matchAll(/statement\(\s*'(\w+)',\s*([^;]*?)\);\n/g)) {
        texts.set(name, (texts.get(name) ?? new Set()).add(text.replace(/\s+/g, ' ')));
      }
    }
    expect(texts.size).toBeGreaterThan(50);
    const doubled = [...texts].filter(([, versions]) => versions.size > 1).map(([name]) => name);
    expect(doubled).toEqual([]);
  });
});
