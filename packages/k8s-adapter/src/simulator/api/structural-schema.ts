import { isMap, type JsonMap, mapAt, textsAt } from '../json.ts';
import type { StatusCause } from './api-error.ts';

/** Checks, defaults and prunes objects against the structural OpenAPI v3 schemas of CRDs. */

/** Paths of fields that the schema does not declare, e.g. `spec.foo`, in the order of their names. */
export function unknownFields(schema: JsonMap, value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => unknownFields(mapAt(schema, 'items'), item, `${path}[${index}]`));
  }
  if (!isMap(value) || schema['x-kubernetes-preserve-unknown-fields'] === true) return [];
  return Object.keys(value)
    .sort()
    .flatMap((key) => {
      const field = path === '' ? key : `${path}.${key}`;
      const declared = declaredField(schema, key);
      if (declared !== undefined) return unknownFields(declared, value[key], field);
      return isOpen(schema) ? [] : [field];
    });
}

/** Without the fields that the schema does not declare and without nulls, which no CRD of ours allows. */
export function pruned(schema: JsonMap, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => pruned(mapAt(schema, 'items'), item));
  if (!isMap(value)) return value;
  const kept = Object.entries(value).flatMap(([key, item]) => {
    const declared = declaredField(schema, key);
    if (item === null || (declared === undefined && !isOpen(schema))) return [];
    return [[key, declared === undefined ? item : pruned(declared, item)]];
  });
  return Object.fromEntries(kept);
}

/** With the schema's defaults in maps that are there. */
export function defaulted(schema: JsonMap, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => defaulted(mapAt(schema, 'items'), item));
  if (!isMap(value)) return value;
  const result: Record<string, unknown> = { ...value };
  for (const [key, property] of Object.entries(mapAt(schema, 'properties'))) {
    if (!isMap(property)) continue;
    if (result[key] === undefined && property.default !== undefined) result[key] = property.default;
    if (result[key] !== undefined) result[key] = defaulted(property, result[key]);
  }
  return result;
}

/** Everything in the value that breaks the schema: types, required fields, enums, lengths, patterns. */
export function schemaCauses(schema: JsonMap, value: unknown, path = ''): readonly StatusCause[] {
  const wrongType = typeCause(schema, value, path);
  if (wrongType !== undefined) return [wrongType];
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => schemaCauses(mapAt(schema, 'items'), item, `${path}[${index}]`));
  }
  if (!isMap(value)) return scalarCauses(schema, value, path);
  const missing = textsAt(schema, 'required')
    .filter((key) => value[key] === undefined)
    .map((key) => cause('FieldValueRequired', 'Required value', at(path, key)));
  const nested = Object.keys(value)
    .sort()
    .flatMap((key) => {
      const declared = declaredField(schema, key) ?? additional(schema);
      return declared === undefined ? [] : schemaCauses(declared, value[key], at(path, key));
    });
  return [...missing, ...nested];
}

function typeCause(schema: JsonMap, value: unknown, path: string): StatusCause | undefined {
  const expected = schema.type;
  if (typeof expected !== 'string') return undefined;
  const actual = typeOf(value);
  if (actual === expected || (expected === 'number' && actual === 'integer')) return undefined;
  const message = `Invalid value: "${actual}": ${path} in body must be of type ${expected}: "${actual}"`;
  return cause('FieldValueTypeInvalid', message, path);
}

function scalarCauses(schema: JsonMap, value: unknown, path: string): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const { enum: allowed, maxLength, pattern, minimum, maximum } = schema;
  if (Array.isArray(allowed) && !allowed.includes(value)) {
    const list = allowed.map((item) => JSON.stringify(item)).join(', ');
    const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`;
    causes.push(cause('FieldValueNotSupported', message, path));
  }
  if (typeof value === 'string' && typeof maxLength === 'number' && Buffer.byteLength(value) > maxLength) {
    causes.push(cause('FieldValueTooLong', `Too long: may not be more than ${maxLength} bytes`, path));
  } else if (typeof value === 'string' && typeof pattern === 'string' && !new RegExp(pattern).test(value)) {
    const message = `Invalid value: "${value}": ${path} in body should match '${pattern}'`;
    causes.push(cause('FieldValueInvalid', message, path));
  }
  if (typeof value === 'number' && typeof minimum === 'number' && value < minimum) {
    const message = `Invalid value: ${value}: ${path} in body should be greater than or equal to ${minimum}`;
    causes.push(cause('FieldValueInvalid', message, path));
  }
  if (typeof value === 'number' && typeof maximum === 'number' && value > maximum) {
    const message = `Invalid value: ${value}: ${path} in body should be less than or equal to ${maximum}`;
    causes.push(cause('FieldValueInvalid', message, path));
  }
  return causes;
}

function cause(reason: string, message: string, field: string): StatusCause {
  return { reason, message, field };
}

function at(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function declaredField(schema: JsonMap, key: string): JsonMap | undefined {
  const properties = mapAt(schema, 'properties');
  return Object.hasOwn(properties, key) && isMap(properties[key]) ? properties[key] : undefined;
}

function additional(schema: JsonMap): JsonMap | undefined {
  return isMap(schema.additionalProperties) ? schema.additionalProperties : undefined;
}

/** Whether a map may have keys of the writer's choice: a string map, or `metadata`, which is checked elsewhere. */
function isOpen(schema: JsonMap): boolean {
  return additional(schema) !== undefined || schema.properties === undefined;
}
