import { isMap, type JsonMap, mapAt } from '../json.ts';

type ConditionStatus = 'True' | 'False' | 'Unknown';

interface ConditionInput {
  readonly type: 'Ready' | 'Validated' | 'Error';
  readonly status: ConditionStatus;
  readonly reason: string;
  readonly message?: string;
}

/** The conditions of an object's status. */
export function conditionsOf(object: JsonMap): readonly JsonMap[] {
  const { conditions } = mapAt(object, 'status');
  return Array.isArray(conditions) ? conditions.filter(isMap) : [];
}

export function isTrue(conditions: readonly JsonMap[], type: ConditionInput['type']): boolean {
  return conditions.some((condition) => condition.type === type && condition.status === 'True');
}

/** Sets or adds one. Times move as Kube-OVN moves them; no message is no field, and no generation is kept. */
export function withCondition(
  conditions: readonly JsonMap[],
  input: ConditionInput,
  now: string,
): readonly JsonMap[] {
  const previous = conditions.find(({ type }) => type === input.type);
  const { message = '' } = input;
  const same =
    previous?.status === input.status &&
    previous.reason === input.reason &&
    (previous.message ?? '') === message;
  if (same) return conditions;
  const changed = {
    type: input.type,
    status: input.status,
    reason: input.reason,
    ...(message === '' ? {} : { message }),
    lastUpdateTime: now,
    lastTransitionTime: previous?.status === input.status ? previous.lastTransitionTime : now,
  };
  if (previous === undefined) return [...conditions, changed];
  return conditions.map((condition) => (condition === previous ? changed : condition));
}

/** Adds one that says nothing yet. */
export function withInitial(
  conditions: readonly JsonMap[],
  type: ConditionInput['type'],
  now: string,
): readonly JsonMap[] {
  if (conditions.some((condition) => condition.type === type)) return conditions;
  return withCondition(conditions, { type, status: 'Unknown', reason: 'Init', message: 'Not Observed' }, now);
}
