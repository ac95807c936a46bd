import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { type GoldenInput, runGolden } from '../support/golden.ts';

const SOURCES = fileURLToPath(new URL('../../packages/k8s-adapter/src/', import.meta.url));
const SUFFIX = '.in.yaml';

const cases = readdirSync(SOURCES, { recursive: true })
  .map(String)
  .filter((path) => path.endsWith(SUFFIX))
  .sort();

describe('golden cases', () => {
  it.each(cases)('%s', (path) => {
    const [kind = ''] = path.split('/');
    const input = parse(readFileSync(`${SOURCES}${path}`, 'utf8')) as GoldenInput<never>; // written for this kind
    const output = stringify(JSON.parse(JSON.stringify(runGolden(kind, input))), { lineWidth: 0 });
    const outputPath = `${SOURCES}${path.replace(SUFFIX, '.out.yaml')}`;
    if (process.env.GOLDEN === 'write') writeFileSync(outputPath, output);
    expect(output).toBe(readFileSync(outputPath, 'utf8'));
  });
});
