/** Prints structural OpenAPI v3 schemas (those of CRDs) as TypeScript types; pure text in, text out. */

export type Json = null | boolean | number | string | readonly Json[] | JsonMap;
export interface JsonMap {
  readonly [key: string]: Json;
}

/** `export type <name> = {…}`: an alias, not an interface, so that it is assignable to a record of unknowns. */
export function printTypeAlias(name: string, schema: JsonMap): string {
  return `export type ${name} = ${printType(schema, '')};`;
}

/** The type of one schema node. Structural schemas have no `$ref`, `oneOf` or unions; anything else throws. */
function printType(node: JsonMap, indent: string): string {
  if (Array.isArray(node.enum)) return node.enum.map((value) => JSON.stringify(value)).join(' | ');
  switch (node.type) {
    case 'string':
    case 'boolean':
      return node.type;
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return `readonly ${printType(mapOf(node.items), indent)}[]`;
    case 'object':
      return printObject(node, indent);
    default:
      throw new Error(`not a structural schema: ${JSON.stringify(node)}`);
  }
}

function printObject(node: JsonMap, indent: string): string {
  if (node.properties === undefined) {
    const value =
      node.additionalProperties === undefined
        ? 'unknown'
        : printType(mapOf(node.additionalProperties), indent);
    return `Readonly<Record<string, ${value}>>`;
  }
  const required = Array.isArray(node.required) ? node.required : [];
  const inner = `${indent}  `;
  const fields = Object.entries(mapOf(node.properties)).map(([key, value]) => {
    const schema = mapOf(value);
    const mark = required.includes(key) ? '' : '?';
    return `${printComment(schema.description, inner)}${inner}readonly ${key}${mark}: ${printType(schema, inner)};\n`;
  });
  return `{\n${fields.join('')}${indent}}`;
}

function printComment(description: Json | undefined, indent: string): string {
  if (typeof description !== 'string') return '';
  const lines = description.trim().replaceAll('*/', '* /').split('\n');
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`;
}

function mapOf(value: Json | undefined): JsonMap {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new Error(`expected an object in the schema, found ${JSON.stringify(value)}`);
  }
  return value as JsonMap; // neither null nor an array
}
