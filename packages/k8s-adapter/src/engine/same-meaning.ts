/** Whether an object already says what is desired, as Kube-OVN's controllers read it. */
import type { KubeObject } from '../client/kube-object.ts';

/**
 * Compares what is desired with what is there: spec, data, labels and annotations that we render must be there with
 * the same meaning. Controllers drop empty values when they write an object back (Go's `omitempty`), so absent,
 * `false`, `0`, `''` and empty lists mean the same; lists are compared whole, as they are atomic.
 */
export function saysTheSame(desired: KubeObject, seen: KubeObject): boolean {
  return (
    coversPart(desired.spec, seen.spec) &&
    coversPart(desired.data, seen.data) &&
    coversPart(desired.metadata.labels, seen.metadata.labels) &&
    coversPart(desired.metadata.annotations, seen.metadata.annotations)
  );
}

/** Of a part that a builder does not render nothing is desired: a Namespace's spec is the API server's. */
function coversPart(desired: object | undefined, seen: object | undefined): boolean {
  return desired === undefined || covers(desired, seen);
}

function covers(desired: unknown, seen: unknown): boolean {
  if (isEmpty(desired)) return isEmpty(seen);
  if (Array.isArray(desired)) return sameJson(meaning(desired), meaning(seen));
  if (desired !== null && typeof desired === 'object') {
    const there: Readonly<Record<string, unknown>> =
      seen !== null && typeof seen === 'object' ? { ...seen } : {};
    return Object.entries(desired).every(([key, value]) => covers(value, there[key]));
  }
  return desired === seen;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === '') return true;
  return Array.isArray(value) && value.length === 0;
}

/** The value without empty parts, keys in order. */
function meaning(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(meaning);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, inner]) => !isEmpty(inner));
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, meaning(inner)]),
  );
}

function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
