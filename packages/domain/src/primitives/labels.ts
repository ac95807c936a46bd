/** Labels are the caller's own: string keys and values as Kubernetes allows them, never sent to a cluster. */
import { NetplaneError } from '../errors.ts';

export type Labels = Readonly<Record<string, string>>;

export const LABELS_MAX = 32;

/** `[prefix/]name`: the prefix a DNS subdomain of at most 253 characters, the name at most 63. */
export const labelKeyPattern =
  '^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$';

export const labelValuePattern = '^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$';

export type LabelRequirement =
  | { readonly operator: 'in' | 'not-in'; readonly key: string; readonly values: readonly string[] }
  | { readonly operator: 'exists' | 'not-exists'; readonly key: string };

const REQUIREMENTS_MAX = 16;
const keyRegExp = new RegExp(labelKeyPattern);
const valueRegExp = new RegExp(labelValuePattern);

/**
 * Parses a Kubernetes label selector: `env=prod,tier!=db,team in (a,b),zone notin (x),gpu,!spot`.
 * @throws NetplaneError `invalid_request` with pointer `?labels`
 */
export function parseLabelSelector(selector: string): readonly LabelRequirement[] {
  const parts = selector.split(/,(?![^(]*\))/).map((part) => part.trim());
  if (parts.length > REQUIREMENTS_MAX) throw bad(`at most ${REQUIREMENTS_MAX} requirements`);
  return parts.map(parseRequirement);
}

function parseRequirement(text: string): LabelRequirement {
  const set = /^(\S+)\s+(in|notin)\s+\(([^()]*)\)$/.exec(text);
  if (set !== null) {
    const [, key = '', word, list = ''] = set;
    const values = list.split(',').map((value) => checkedValue(value.trim()));
    return { operator: word === 'in' ? 'in' : 'not-in', key: checkedKey(key), values };
  }
  const equality = /^([^=!\s]+)\s*(==|=|!=)\s*(\S*)$/.exec(text);
  if (equality !== null) {
    const [, key = '', sign, value = ''] = equality;
    return { operator: sign === '!=' ? 'not-in' : 'in', key: checkedKey(key), values: [checkedValue(value)] };
  }
  if (text.startsWith('!')) return { operator: 'not-exists', key: checkedKey(text.slice(1).trim()) };
  return { operator: 'exists', key: checkedKey(text) };
}

function checkedKey(key: string): string {
  if (!keyRegExp.test(key)) throw bad(`not a label key: ${JSON.stringify(key.slice(0, 64))}`);
  return key;
}

function checkedValue(value: string): string {
  if (!valueRegExp.test(value)) throw bad(`not a label value: ${JSON.stringify(value.slice(0, 64))}`);
  return value;
}

function bad(detail: string): NetplaneError {
  return new NetplaneError('invalid_request', { detail, errors: [{ pointer: '?labels', detail }] });
}
