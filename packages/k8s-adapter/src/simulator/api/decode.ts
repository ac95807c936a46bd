import { isMap, type JsonMap, omit, textAt } from '../json.ts';
import type { KindInfo } from '../kinds.ts';
import { metadataOf } from '../sim-object.ts';
import { badRequest, internalError, invalid } from './api-error.ts';
import { undecodableMetadata, unknownMetadata } from './metadata-rules.ts';
import { defaulted, pruned, schemaCauses, unknownFields } from './structural-schema.ts';

/** Brings bodies into the form that is stored: known fields only, no nulls, defaults filled in. */

interface DecodeOptions {
  /** `fieldValidation=Strict`: unknown fields are refused rather than dropped. */
  readonly strict: boolean;
}

/** A POST's or PUT's body. Throws 400 for what cannot be decoded and for another kind's body. */
export function decodeBody(body: unknown, kind: KindInfo, options: DecodeOptions): JsonMap {
  if (!isMap(body)) throw badRequest(`the object provided is unrecognized (must be of type ${kind.kind})`);
  checkKind(body, kind);
  const what = `${kind.kind} in version "v1" cannot be handled as a ${kind.kind}`;
  const undecodable = undecodableMetadata(body) ?? undecodableData(body, kind);
  if (undecodable !== undefined) throw badRequest(`${what}: ${undecodable}`);
  const unknown = unknownOf(body, kind);
  if (options.strict && unknown.length > 0) throw badRequest(`${what}: ${strictError(unknown)}`);
  return canonical(body, kind);
}

/** The result of a merge patch, which an API server decodes like a body but refuses in other words. */
export function decodePatched(object: JsonMap, kind: KindInfo, options: DecodeOptions): JsonMap {
  const unknown = unknownOf(object, kind);
  const problem = undecodableMetadata(object) ?? undecodableData(object, kind);
  if (problem === undefined && (!options.strict || unknown.length === 0)) return canonical(object, kind);
  const message = `Invalid value: ${JSON.stringify(JSON.stringify(object))}: ${problem ?? strictError(unknown)}`;
  throw invalid(kind, '', [{ reason: 'FieldValueInvalid', field: 'patch', message }]);
}

/**
 * An apply's configuration. A real server answers everything that does not fit the schema with 500, whatever
 * `fieldValidation` says.
 */
export function decodeConfiguration(body: unknown, kind: KindInfo, namespacedName: string): JsonMap {
  if (!isMap(body)) throw badRequest('the apply patch is not an object');
  checkKind(body, kind);
  const faults = unknownOf(body, kind).map((field) => `.${field}: field not declared in schema`);
  const undecodable = undecodableMetadata(body) ?? undecodableData(body, kind);
  if (undecodable !== undefined) faults.push(undecodable);
  faults.push(...typeFaults(body, kind));
  const finalizers = metadataOf(body).finalizers;
  if (Array.isArray(finalizers) && new Set(finalizers).size < finalizers.length) {
    faults.push('.metadata.finalizers: duplicate entries for key');
  }
  if (faults.length === 0) return withoutNulls(body) as JsonMap; // a map stays one
  const what = `(${namespacedName}; ${kind.apiVersion}, Kind=${kind.kind})`;
  throw internalError(`failed to create typed patch object ${what}: ${faults.join('\n')}`);
}

/** Form in which objects are stored: undeclared fields and nulls gone, defaults in, empty metadata maps gone. */
export function canonical(object: JsonMap, kind: KindInfo): JsonMap {
  const metadata = emptied(withoutNulls(metadataOf(object)) as JsonMap); // a map stays one
  if (kind.schema !== undefined) {
    const shaped = defaulted(kind.schema, pruned(kind.schema, { ...object, metadata }));
    return shaped as JsonMap; // pruning and defaulting keep a map a map
  }
  const known = kind.fields === undefined ? Object.keys(object) : ['apiVersion', 'kind', ...kind.fields];
  const kept = Object.entries(object).filter(([key]) => known.includes(key));
  return { ...(withoutNulls(Object.fromEntries(kept)) as JsonMap), metadata }; // as above
}

function checkKind(body: JsonMap, kind: KindInfo): void {
  const given = `${textAt(body, 'apiVersion')} ${textAt(body, 'kind')}`;
  if (given === `${kind.apiVersion} ${kind.kind}`) return;
  throw badRequest(`the body is ${given}, this path takes ${kind.apiVersion} ${kind.kind}`);
}

function unknownOf(object: JsonMap, kind: KindInfo): readonly string[] {
  const inMetadata = unknownMetadata(object);
  const rest = omit(object, 'metadata');
  if (kind.schema !== undefined) return [...inMetadata, ...unknownFields(kind.schema, rest)];
  const { fields } = kind;
  if (fields === undefined) return inMetadata;
  const known = ['apiVersion', 'kind', ...fields];
  return [...inMetadata, ...Object.keys(rest).filter((key) => !known.includes(key))];
}

function strictError(unknown: readonly string[]): string {
  return `strict decoding error: ${unknown.map((field) => `unknown field "${field}"`).join(', ')}`;
}

/** Types only: what is required may come from the live object. */
function typeFaults(body: JsonMap, kind: KindInfo): readonly string[] {
  if (kind.schema === undefined) return [];
  return schemaCauses(kind.schema, withoutNulls(body))
    .filter(({ reason }) => reason === 'FieldValueTypeInvalid')
    .map(({ field, message }) => `.${field}: ${message}`);
}

/** The one typed field of built-in kinds that Netplane writes. */
function undecodableData(object: JsonMap, kind: KindInfo): string | undefined {
  if (kind.kind !== 'ConfigMap' || object.data === undefined || object.data === null) return undefined;
  const values = isMap(object.data) ? Object.values(object.data) : [0];
  const wrong = values.find((value) => typeof value !== 'string' && value !== null);
  if (wrong === undefined) return undefined;
  return `json: cannot unmarshal ${typeof wrong} into Go struct field ConfigMap.data of type string`;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isMap(value)) return value;
  const kept = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutNulls(item)]));
}

const OMITTED_WHEN_EMPTY: ReadonlySet<string> = new Set([
  'labels',
  'annotations',
  'finalizers',
  'ownerReferences',
]);

function emptied(metadata: JsonMap): JsonMap {
  const kept = Object.entries(metadata).filter(
    ([key, value]) => !(OMITTED_WHEN_EMPTY.has(key) && Object.keys(value ?? {}).length === 0),
  );
  return Object.fromEntries(kept);
}
