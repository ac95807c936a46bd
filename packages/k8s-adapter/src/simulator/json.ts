/** JSON values as the simulator keeps them: plain, deeply frozen, never shared with a caller that could change them. */

export type JsonMap = Readonly<Record<string, unknown>>;

export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The map at a key, `{}` where there is none. */
export function mapAt(object: JsonMap | undefined, key: string): JsonMap {
  const value = object?.[key];
  return isMap(value) ? value : {};
}

export function textAt(object: JsonMap | undefined, key: string): string {
  const value = object?.[key];
  return typeof value === 'string' ? value : '';
}

/** The strings of a list, `[]` where there is none. */
export function textsAt(object: JsonMap | undefined, key: string): readonly string[] {
  const value = object?.[key];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => deepEqual(item, b[index]));
  }
  if (!isMap(a) || !isMap(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && deepEqual(a[key], b[key]))
  );
}

/** Freezes in place; what is frozen already is left alone, so that shared parts cost nothing. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const item of Object.values(value)) deepFreeze(item);
  return value;
}

/** Without the named keys. */
export function omit(object: JsonMap, ...keys: readonly string[]): JsonMap {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

/** RFC 7386: maps merge, `null` removes, everything else replaces. */
export function mergePatched(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const result: Record<string, unknown> = isMap(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatched(result[key], value);
  }
  return result;
}
