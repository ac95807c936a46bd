/**
 * GraphQL types printed from the same TypeBox schemas as REST, in camelCase, so that the two cannot drift. Open words
 * are String, maps of strings are the scalar Map, numbers above 2^31 the scalar Long.
 */
import type { TSchema } from 'typebox';
import type { RequestFields } from '../resource/fields.ts';

/** The parts of a JSON schema that decide a GraphQL type. */
interface JsonSchema {
  readonly title?: string;
  readonly $ref?: string;
  readonly type?: string;
  readonly pattern?: string;
  readonly maximum?: number;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly const?: unknown;
}

const INT_MAX = 2 ** 31 - 1;
const ID_PATTERN = /^\^(?:auto\$\|\^)?[a-z]+_\[0-7\]/;

export function camel(name: string): string {
  if (!name.includes('_')) return name; // most keys of an answer, of which a page has thousands
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

export function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Object types of a view: its own and those that it holds, each once in `types`. */
export function collectOutputTypes(
  name: string,
  view: TSchema,
  options: { readonly alwaysAnswered?: readonly string[]; readonly extraFields?: readonly string[] },
  types: Map<string, string>,
): void {
  const { properties = {}, required = [], description } = view as JsonSchema; // TypeBox schemas are JSON schemas
  const alwaysAnswered = options.alwaysAnswered ?? required;
  const lines = Object.entries(properties).map(([key, schema]) => {
    const { type, isNullable } = outputType(key, schema, types);
    const isAnswered = alwaysAnswered.includes(key);
    return `${describe(schema.description)}  ${camel(key)}: ${type}${isNullable || !isAnswered ? '' : '!'}`;
  });
  const fields = [...lines, ...(options.extraFields ?? [])];
  types.set(name, `${describe(description, '')}type ${name} {\n${fields.join('\n')}\n}`);
}

function outputType(
  key: string,
  schema: JsonSchema,
  types: Map<string, string>,
): { readonly type: string; readonly isNullable: boolean } {
  const branches = schema.anyOf ?? [];
  const isNullable = branches.some((branch) => branch.type === 'null');
  const [first, second] = branches.filter((branch) => branch.type !== 'null');
  if (first !== undefined && (isNullable || second !== undefined)) {
    return { type: first.const === undefined ? outputType(key, first, types).type : 'String', isNullable };
  }
  if (schema.$ref !== undefined) return { type: schema.$ref.replace('#', ''), isNullable: false };
  if (schema.type === 'array') {
    return { type: `[${outputType(key, schema.items ?? {}, types).type}!]`, isNullable: false };
  }
  if (schema.type === 'object' && schema.properties !== undefined) {
    const name = schema.title ?? `${key.charAt(0).toUpperCase()}${camel(key).slice(1)}`;
    if (!types.has(name)) collectOutputTypes(name, schema as TSchema, {}, types);
    return { type: name, isNullable: false };
  }
  return { type: scalarOf(schema), isNullable: false };
}

/** Input of a mutation: a field is required where REST requires it. */
export function inputType(
  name: string,
  fields: RequestFields,
  which: 'create' | 'update',
  extra: readonly string[],
): string {
  const lines = Object.entries(fields).flatMap(([key, field]) => {
    if (field.mutability === (which === 'create' ? 'update-only' : 'create')) return [];
    const schema = (which === 'create' ? field.schema : (field.patchSchema ?? field.schema)) as JsonSchema; // as above
    const isRequired = which === 'create' && !('~optional' in field.schema) && !isNullish(schema);
    return [`  ${camel(key)}: ${inputTypeOf(key, schema)}${isRequired ? '!' : ''}`];
  });
  return `input ${name} {\n${[...lines, ...extra].join('\n')}\n}`;
}

function isNullish(schema: JsonSchema): boolean {
  return (schema.anyOf ?? []).some((branch) => branch.type === 'null');
}

function inputTypeOf(key: string, schema: JsonSchema): string {
  const [first] = (schema.anyOf ?? []).filter((branch) => branch.type !== 'null');
  if (first !== undefined) return first.const === undefined ? inputTypeOf(key, first) : 'String';
  if (schema.type === 'array') return `[${inputTypeOf(key, schema.items ?? {})}!]`;
  if (schema.type === 'object' && schema.properties !== undefined)
    return `${camel(key).replace(/^./, (c) => c.toUpperCase())}Input`;
  return scalarOf(schema);
}

/** Input types of objects inside a request, e.g. reservations. */
export function nestedInputTypes(fields: RequestFields): readonly string[] {
  return Object.entries(fields).flatMap(([key, field]) => {
    const { items } = field.schema as JsonSchema; // as above
    if (items?.properties === undefined) return [];
    const lines = Object.entries(items.properties).map(
      ([name, schema]) => `  ${camel(name)}: ${inputTypeOf(name, schema)}!`,
    );
    return [`input ${camel(key).replace(/^./, (c) => c.toUpperCase())}Input {\n${lines.join('\n')}\n}`];
  });
}

export function scalarOf(schema: JsonSchema): string {
  if (schema.type === 'integer' || schema.type === 'number') {
    return (schema.maximum ?? 0) > INT_MAX ? 'Long' : 'Int';
  }
  if (schema.type === 'boolean') return 'Boolean';
  if (schema.type === 'object') return 'Map';
  return schema.pattern !== undefined && ID_PATTERN.test(schema.pattern) ? 'ID' : 'String';
}

function describe(text: string | undefined, indent = '  '): string {
  return text === undefined ? '' : `${indent}"${text.replaceAll('"', "'")}"\n`;
}
