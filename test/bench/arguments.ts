/** `npm run bench -- [--json] [--quick] [--only <name>…]` */
import { parseArgs } from 'node:util';

export interface BenchArguments {
  readonly isJson: boolean;
  readonly isQuick: boolean;
  /** Rows asked for; empty: all of them. */
  readonly only: readonly string[];
}

/** What is wrong with the words, for whoever typed them. */
export class UsageError extends Error {}

/** @throws UsageError */
export function readArguments(words: readonly string[], known: readonly string[]): BenchArguments {
  const { values, positionals } = parsed(words);
  // `--only a b` means the same as `--only a --only b`
  if (positionals.length > 0 && values.only.length === 0) {
    throw new UsageError(`"${positionals[0]}" stands alone; rows are chosen with --only <name>.`);
  }
  const only = [...values.only, ...positionals];
  const unknown = only.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`There is no row "${unknown}". Rows are:\n  ${known.join('\n  ')}`);
  }
  return { isJson: values.json, isQuick: values.quick, only };
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
      },
    });
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
