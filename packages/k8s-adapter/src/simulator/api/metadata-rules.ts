import { isMap, type JsonMap, mapAt, textAt } from '../json.ts';
import type { KindInfo } from '../kinds.ts';
import { metadataOf } from '../sim-object.ts';
import type { StatusCause } from './api-error.ts';

/** Rules of names, labels, annotations and finalizers, with the API server's own words. */

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SERVICE_NAME = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const NAME_PART = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const LABEL_MAX = 63;
const SUBDOMAIN_MAX = 253;
const ANNOTATIONS_MAX_BYTES = 256 * 1024;

const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const DNS_LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SERVICE_NAME_TEXT =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const NAME_PART_TEXT =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
]);

/** Fields of `metadata` that no object has, as `metadata.foo`. */
export function unknownMetadata(object: JsonMap): readonly string[] {
  const unknown = Object.keys(metadataOf(object)).filter((key) => !KNOWN_FIELDS.has(key));
  return unknown.sort().map((key) => `metadata.${key}`);
}

/** What keeps metadata from being decoded at all, e.g. a label that is a number; `undefined` when it can be. */
export function undecodableMetadata(object: JsonMap): string | undefined {
  const metadata = metadataOf(object);
  for (const key of ['labels', 'annotations']) {
    if (metadata[key] === undefined) continue;
    if (!isMap(metadata[key])) return `json: cannot unmarshal into Go struct field ObjectMeta.${key}`;
    const wrong = Object.values(metadata[key]).find((value) => typeof value !== 'string');
    if (wrong !== undefined) {
      return `json: cannot unmarshal ${typeof wrong} into Go struct field ObjectMeta.${key} of type string`;
    }
  }
  const { finalizers } = metadata;
  if (finalizers === undefined) return undefined;
  const texts = Array.isArray(finalizers) && finalizers.every((item) => typeof item === 'string');
  return texts
    ? undefined
    : 'json: cannot unmarshal into Go struct field ObjectMeta.finalizers of type []string';
}

export function metadataCauses(object: JsonMap, kind: KindInfo): readonly StatusCause[] {
  const metadata = metadataOf(object);
  return [
    ...nameCauses(textAt(metadata, 'name'), kind),
    ...labelCauses(mapAt(metadata, 'labels')),
    ...annotationCauses(mapAt(metadata, 'annotations')),
    ...finalizerCauses(metadata.finalizers),
  ];
}

function nameCauses(name: string, kind: KindInfo): readonly StatusCause[] {
  const field = 'metadata.name';
  if (name === '')
    return [cause('FieldValueRequired', 'Required value: name or generateName is required', field)];
  if (kind.kind === 'Namespace' && name.includes('.'))
    return [invalidValue(field, name, 'must not contain dots')];
  if (kind.kind === 'Namespace')
    return patternCauses({ field, value: name, text: DNS_LABEL_TEXT }, DNS_LABEL, LABEL_MAX);
  if (kind.kind === 'Service') {
    return patternCauses({ field, value: name, text: SERVICE_NAME_TEXT }, SERVICE_NAME, LABEL_MAX);
  }
  return patternCauses({ field, value: name, text: SUBDOMAIN_TEXT }, SUBDOMAIN, SUBDOMAIN_MAX);
}

function labelCauses(labels: JsonMap): readonly StatusCause[] {
  const field = 'metadata.labels';
  return Object.entries(labels).flatMap(([key, value]) => [
    ...qualifiedNameCauses(field, key),
    ...patternCauses({ field, value: String(value), text: LABEL_VALUE_TEXT }, LABEL_VALUE, LABEL_MAX),
  ]);
}

function annotationCauses(annotations: JsonMap): readonly StatusCause[] {
  const field = 'metadata.annotations';
  const size = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + key.length + String(value).length,
    0,
  );
  const tooLong = cause(
    'FieldValueTooLong',
    `Too long: may not be more than ${ANNOTATIONS_MAX_BYTES} bytes`,
    field,
  );
  return [
    ...Object.keys(annotations).flatMap((key) => qualifiedNameCauses(field, key.toLowerCase())),
    ...(size > ANNOTATIONS_MAX_BYTES ? [tooLong] : []),
  ];
}

function finalizerCauses(finalizers: unknown): readonly StatusCause[] {
  const list = Array.isArray(finalizers) ? finalizers : [];
  return list.flatMap((item) => qualifiedNameCauses('metadata.finalizers', String(item)));
}

function qualifiedNameCauses(field: string, key: string): readonly StatusCause[] {
  const [prefix, name = prefix, ...more] = key.split('/');
  if (more.length > 0)
    return [invalidValue(field, key, 'a qualified name must consist of at most one slash')];
  const prefixed = key.includes('/');
  const wrongPrefix = prefixed && !(SUBDOMAIN.test(prefix ?? '') && (prefix ?? '').length <= SUBDOMAIN_MAX);
  return [
    ...(wrongPrefix ? [invalidValue(field, key, `prefix part ${SUBDOMAIN_TEXT}`)] : []),
    ...patternCauses({ field, value: name ?? '', text: NAME_PART_TEXT }, NAME_PART, LABEL_MAX),
  ];
}

function patternCauses(
  { field, value, text }: { readonly field: string; readonly value: string; readonly text: string },
  pattern: RegExp,
  maxLength: number,
): readonly StatusCause[] {
  if (value.length > maxLength)
    return [invalidValue(field, value, `must be no more than ${maxLength} characters`)];
  return pattern.test(value) ? [] : [invalidValue(field, value, text)];
}

function invalidValue(field: string, value: string, text: string): StatusCause {
  return cause('FieldValueInvalid', `Invalid value: "${value}": ${text}`, field);
}

function cause(reason: string, message: string, field: string): StatusCause {
  return { reason, message, field };
}
