import { type JsonMap, mapAt } from '../json.ts';
import { metadataOf } from '../sim-object.ts';
import { badRequest } from './api-error.ts';

/** A parsed label selector, e.g. `app=web,tier!=db,env in (a,b),!legacy`. */
export interface LabelSelector {
  readonly requirements: readonly Requirement[];
}

type Requirement =
  | { readonly operator: 'in' | 'not-in'; readonly key: string; readonly values: readonly string[] }
  | { readonly operator: 'exists' | 'not-exists'; readonly key: string };

const everything: LabelSelector = { requirements: [] };

/** Throws 400 for what an API server would not parse either. */
export function parseSelector(text: string): LabelSelector {
  if (text.trim() === '') return everything;
  const parts = text.split(/,(?![^(]*\))/);
  return { requirements: parts.map((part) => parseRequirement(part.trim())) };
}

export function matchesSelector(selector: LabelSelector, object: JsonMap): boolean {
  if (selector.requirements.length === 0) return true;
  const labels = mapAt(metadataOf(object), 'labels');
  return selector.requirements.every((requirement) => matches(requirement, labels));
}

/** The value that a label must have, when the selector demands exactly one. */
export function requiredValue(selector: LabelSelector, key: string): string | undefined {
  for (const requirement of selector.requirements) {
    if (requirement.key === key && requirement.operator === 'in' && requirement.values.length === 1) {
      return requirement.values[0];
    }
  }
  return undefined;
}

function matches(requirement: Requirement, labels: JsonMap): boolean {
  const value = labels[requirement.key];
  switch (requirement.operator) {
    case 'exists':
      return value !== undefined;
    case 'not-exists':
      return value === undefined;
    case 'in':
      return typeof value === 'string' && requirement.values.includes(value);
    case 'not-in':
      return typeof value !== 'string' || !requirement.values.includes(value);
  }
}

const KEY = '[A-Za-z0-9][-A-Za-z0-9_./]*';
const SET = new RegExp(`^(${KEY})\\s+(in|notin)\\s+\\(([^()]*)\\)$`);
const EQUALITY = new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*([-A-Za-z0-9_.]*)$`);
const EXISTENCE = new RegExp(`^(!?)\\s*(${KEY})$`);

function parseRequirement(text: string): Requirement {
  const set = SET.exec(text);
  if (set !== null) {
    const [, key = '', word, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return { operator: word === 'in' ? 'in' : 'not-in', key, values };
  }
  const equality = EQUALITY.exec(text);
  if (equality !== null) {
    const [, key = '', sign, value = ''] = equality;
    return { operator: sign === '!=' ? 'not-in' : 'in', key, values: [value] };
  }
  const existence = EXISTENCE.exec(text);
  if (existence === null) throw badRequest(`unable to parse requirement: ${JSON.stringify(text)}`);
  const [, negated, key = ''] = existence;
  return { operator: negated === '!' ? 'not-exists' : 'exists', key };
}
