/** Whether one contract only adds to another: what a client of the old one relied on is still there. */
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

/** @returns a line for each thing of the old OpenAPI document that is gone, changed or newly demanded */
export function openapiBreaks(before: JsonMap, after: JsonMap): readonly string[] {
  return losses(before, after, '');
}

/** @returns graphql-js' own list of what would break a client */
export function graphqlBreaks(before: string, after: string): readonly string[] {
  return findBreakingChanges(buildSchema(before), buildSchema(after)).map(({ description }) => description);
}

function losses(before: Json, after: Json, at: string): readonly string[] {
  if (Array.isArray(before)) return listLosses(before, after, at);
  if (isMap(before)) {
    if (!isMap(after)) return [`${at}: changed`];
    return Object.entries(before).flatMap(([key, value]) => {
      if (FREE_WORDS.has(key) && typeof value !== 'object') return [];
      if (at === '' && FREE_WORDS.has(key)) return [];
      return key in after ? losses(value, after[key], `${at}/${key}`) : [`${at}/${key}: gone`];
    });
  }
  return before === after ? [] : [`${at}: ${JSON.stringify(before)} became ${JSON.stringify(after)}`];
}

function listLosses(before: readonly Json[], after: Json, at: string): readonly string[] {
  if (!Array.isArray(after)) return [`${at}: changed`];
  const key = at.slice(at.lastIndexOf('/') + 1);
  if (!UNORDERED.has(key)) {
    return before.flatMap((value, index) => losses(value, after[index], `${at}/${index}`));
  }
  const gone = before
    .filter((value) => !after.some((candidate) => losses(value, candidate, '').length === 0))
    .map((value) => `${at}: ${JSON.stringify(value)} is gone`);
  return [...gone, ...(isRequestBody(at) && key === 'required' ? demands(before, after, at) : [])];
}

/** A field that was optional in a request must stay so. */
function demands(before: readonly Json[], after: readonly Json[], at: string): readonly string[] {
  return after
    .filter((value) => !before.includes(value))
    .map((value) => `${at}: ${JSON.stringify(value)} is demanded now`);
}

function isRequestBody(at: string): boolean {
  return at.includes('/requestBody/') || /\/schemas\/(Create|Update)/.test(at);
}

function isMap(value: Json): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
