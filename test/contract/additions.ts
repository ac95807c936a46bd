/** Whether one contract only adds to another: what a client of the old one sent and relied on is still so. */
import { buildSchema, findBreakingChanges } from 'graphql';

type Json = unknown;
type JsonMap = Readonly<Record<string, Json>>;

/** Words for people, and the version itself: they may change. */
const FREE_WORDS = new Set(['description', 'summary', 'title', 'example', 'examples', 'version', 'info']);

/** Lists in which the order says nothing; elsewhere it is compared too. */
const UNORDERED = new Set([
  'enum',
  'required',
  'tags',
  'type',
  'parameters',
  'anyOf',
  'oneOf',
  'security',
  'allOf',
]);

/** What refuses requests that were good before it was said. */
const DEMANDS = new Set([
  ...['enum', 'const', 'pattern', 'format', 'type', 'not', 'allOf', 'anyOf', 'oneOf', 'if', 'required'],
  ...['minLength', 'maxLength', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ...['minItems', 'maxItems', 'uniqueItems', 'minProperties', 'maxProperties', 'propertyNames', 'items'],
  ...['additionalProperties', 'unevaluatedProperties', 'dependentRequired', '$ref', 'security'],
]);

/** Which way a part of the document travels; what both use is held to both. */
interface Role {
  readonly isSent: boolean;
  readonly isAnswered: boolean;
}

interface Place extends Role {
  readonly at: string;
  /** Schemas by name, as far as requests and answers refer to them. */
  readonly roles: ReadonlyMap<string, Role>;
}

/** @returns a line for each thing of the old OpenAPI document that is gone, changed or newly demanded */
export function openapiBreaks(before: JsonMap, after: JsonMap): readonly string[] {
  return losses(before, after, { at: '', isSent: false, isAnswered: false, roles: rolesOf(after) });
}

/** @returns graphql-js' own list of what would break a client */
export function graphqlBreaks(before: string, after: string): readonly string[] {
  return findBreakingChanges(buildSchema(before), buildSchema(after)).map(({ description }) => description);
}

function losses(before: Json, after: Json, place: Place): readonly string[] {
  const { at } = place;
  if (Array.isArray(before)) return listLosses(before, after, place);
  if (isMap(before)) {
    if (!isMap(after)) return [`${at}: changed`];
    const lost = Object.entries(before).flatMap(([key, value]) => {
      if (FREE_WORDS.has(key) && typeof value !== 'object') return [];
      if (at === '' && FREE_WORDS.has(key)) return [];
      if (!(key in after)) return [`${at}/${key}: gone`];
      return losses(value, after[key], inside(place, key));
    });
    return [...lost, ...newDemands(before, after, place)];
  }
  return before === after ? [] : [`${at}: ${JSON.stringify(before)} became ${JSON.stringify(after)}`];
}

function listLosses(before: readonly Json[], after: Json, place: Place): readonly string[] {
  const { at, isSent, isAnswered } = place;
  if (!Array.isArray(after)) return [`${at}: changed`];
  const key = lastKey(at);
  if (!UNORDERED.has(key)) {
    return before.flatMap((value, index) => losses(value, after[index], inside(place, String(index))));
  }
  const without = (these: readonly Json[], those: readonly Json[]) =>
    these.filter((value) => !those.some((other) => losses(value, other, place).length === 0));
  const gone = without(before, after);
  const added = after.filter((value) => !before.some((other) => losses(other, value, place).length === 0));
  if (key === 'required') {
    return [
      // a request that sends a field which it need not send is as good as before
      ...(isSent && !isAnswered ? [] : gone.map((value) => `${at}: ${JSON.stringify(value)} is gone`)),
      ...(isSent ? added.map((value) => `${at}: ${JSON.stringify(value)} is demanded now`) : []),
    ];
  }
  return [
    ...gone.map((value) => `${at}: ${JSON.stringify(value)} is gone`),
    ...added
      .filter((value) => isBreaking(key, value, place))
      .map((value) => `${at}: new: ${JSON.stringify(value)}`),
  ];
}

/** One more alternative of a list that is there. Values of open lists may come; `null` is no value of the list. */
function isBreaking(key: string, value: Json, { isSent, isAnswered }: Role): boolean {
  if (key === 'parameters') return isMap(value) && value.required === true;
  if (key === 'allOf') return isSent;
  const isNull = value === null || value === 'null' || (isMap(value) && value.type === 'null');
  return isAnswered && isNull;
}

function newDemands(before: JsonMap, after: JsonMap, { at, isSent, isAnswered }: Place): readonly string[] {
  const holdsNames = ['properties', 'schemas', 'headers', 'responses', 'content'].includes(lastKey(at));
  if (holdsNames) return [];
  const added = Object.keys(after).filter((key) => !(key in before));
  return added
    .filter((key) => {
      if (key === 'security') return true;
      if (key === 'required' && after[key] === false) return false;
      if (key === 'requestBody') return isMap(after[key]) && after[key].required === true;
      if (key === 'parameters') return hasRequiredParameter(after[key]);
      if (key === 'nullable') return isAnswered && after[key] === true;
      return isSent && DEMANDS.has(key);
    })
    .map((key) => `${at}/${key}: ${JSON.stringify(after[key])} is demanded now`);
}

function hasRequiredParameter(parameters: Json): boolean {
  return Array.isArray(parameters) && parameters.some((each) => isMap(each) && each.required === true);
}

const SENT: Role = { isSent: true, isAnswered: false };
const ANSWERED: Role = { isSent: false, isAnswered: true };
const BOTH: Role = { isSent: true, isAnswered: true };

const roleOfKey: Readonly<Record<string, Role>> = {
  requestBody: SENT,
  parameters: SENT,
  responses: ANSWERED,
};

function inside(place: Place, key: string): Place {
  const at = `${place.at}/${key}`;
  const { roles, isSent, isAnswered } = place;
  const schema = /^\/components\/schemas\/([^/]+)$/.exec(at)?.[1];
  if (schema !== undefined) return { at, roles, ...(roles.get(schema) ?? BOTH) };
  const isFieldName = lastKey(place.at) === 'properties';
  return { at, roles, ...((isFieldName ? undefined : roleOfKey[key]) ?? { isSent, isAnswered }) };
}

/** Which way each schema travels, by the operations that refer to it, over however many others. */
function rolesOf(document: JsonMap): ReadonlyMap<string, Role> {
  const roles = new Map<string, Role>();
  const schemas = at(document, 'components', 'schemas');
  const visit = (value: Json, role: Role): void => {
    if (Array.isArray(value)) for (const inner of value) visit(inner, role);
    if (!isMap(value)) return;
    for (const [key, inner] of Object.entries(value)) visit(inner, roleOfKey[key] ?? role);
    const name = /^#\/components\/schemas\/(.+)$/.exec(String(value.$ref ?? ''))?.[1];
    if (name === undefined) return;
    const known = roles.get(name) ?? { isSent: false, isAnswered: false };
    const wider = {
      isSent: known.isSent || role.isSent,
      isAnswered: known.isAnswered || role.isAnswered,
    };
    if (wider.isSent === known.isSent && wider.isAnswered === known.isAnswered) return;
    roles.set(name, wider);
    visit(at(schemas, name), wider);
  };
  visit(document.paths, { isSent: false, isAnswered: false });
  return roles;
}

function at(value: Json, ...path: readonly string[]): Json {
  return path.reduce<Json>((inner, key) => (isMap(inner) ? inner[key] : undefined), value);
}

function lastKey(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function isMap(value: Json): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
