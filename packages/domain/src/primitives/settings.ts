/**
 * Settings from the environment, as a table: every variable has a parser, a default or none, and a line of help.
 * Pure: the caller hands in the environment.
 */

export interface Setting<T> {
  readonly help: string;
  /** Text of the default as the documentation shows it; without one the variable is required. */
  readonly default?: string;
  /** @throws Error that says what is expected */
  readonly parse: (text: string) => T;
}

export type SettingsTable = Readonly<Record<string, Setting<unknown>>>;

export type SettingsOf<Table extends SettingsTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Setting<infer T> ? T : never;
};

/** All bad variables at once, a line each. */
export class SettingsError extends Error {
  constructor(problems: readonly string[]) {
    super(`The environment is not right:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'SettingsError';
  }
}

/** @throws SettingsError */
export function readSettings<Table extends SettingsTable>(
  table: Table,
  environment: Readonly<Record<string, string | undefined>>,
): SettingsOf<Table> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(table)) {
    const given = environment[name];
    const text = given === undefined || given === '' ? setting.default : given;
    if (text === undefined) {
      problems.push(`${name} is missing: ${setting.help}`);
      continue;
    }
    try {
      values[name] = setting.parse(text);
    } catch (error) {
      problems.push(
        `${name}=${JSON.stringify(text)}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return values as SettingsOf<Table>; // every name of the table has been parsed
}

type Options = { readonly help: string; readonly default?: string };

export function text(options: Options & { readonly minLength?: number }): Setting<string> {
  const { minLength = 0 } = options;
  return setting(options, (value) => {
    if (value.length < minLength) throw new Error(`must have at least ${minLength} characters`);
    return value;
  });
}

export function integer(options: Options & { readonly min: number; readonly max: number }): Setting<number> {
  return setting(options, (value) => {
    const number = Number(value);
    if (!/^-?\d+$/.test(value) || number < options.min || number > options.max) {
      throw new Error(`must be a whole number from ${options.min} to ${options.max}`);
    }
    return number;
  });
}

export function flag(options: Options): Setting<boolean> {
  return setting(options, (value) => {
    if (value !== 'true' && value !== 'false') throw new Error('must be true or false');
    return value === 'true';
  });
}

export function oneOf<const T extends string>(choices: readonly T[], options: Options): Setting<T> {
  return setting(options, (value) => {
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) throw new Error(`must be one of ${choices.join(', ')}`);
    return choice;
  });
}

/** Comma-separated, blanks around items dropped; empty text is an empty list. */
export function listOf<T>(parseItem: (item: string) => T, options: Options): Setting<readonly T[]> {
  return setting(options, (value) =>
    value === ''
      ? []
      : value.split(',').map((item) => {
          return parseItem(item.trim());
        }),
  );
}

export function urlWith(protocols: readonly string[], options: Options): Setting<string> {
  return setting(options, (value) => {
    const url = URL.parse(value);
    if (url === null || !protocols.includes(url.protocol)) {
      throw new Error(
        `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
      );
    }
    return value;
  });
}

function setting<T>(options: Options, parse: (value: string) => T): Setting<T> {
  return {
    help: options.help,
    ...(options.default === undefined ? {} : { default: options.default }),
    parse,
  };
}
