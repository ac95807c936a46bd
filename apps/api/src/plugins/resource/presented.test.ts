import { type Condition, recordedStatus, type Status } from '@netplane/domain';
import { expect, it } from 'vitest';
import { presentedStatus } from './presented.ts';

const plain: Condition = {
  type: 'AddressReady',
  status: 'true',
  reason: 'Ready',
  message: '',
  params: {},
  waiting_on: null,
  last_transition_at: '2026-01-01T00:00:00.000000Z',
  observed_revision: 1,
};
const telling: Condition = { ...plain, type: 'AddressFree', operator_detail: 'held by somebody else' };

function statusOf(conditions: readonly Condition[]): Status {
  return { ...recordedStatus(1, '2026-01-01T00:00:00.000000Z'), conditions };
}

it.each([
  ['one condition of several', [plain, telling]],
  ['every condition', [telling, telling]],
  ['no condition', [plain, plain]],
])('shows what operators are told by %s to platform administrators alone', (_, conditions) => {
  expect(presentedStatus(statusOf(conditions), true)).toEqual(statusOf(conditions));
  const shown = presentedStatus(statusOf(conditions), false);
  const { operator_detail: __, ...untold } = telling;
  const expected = conditions.map((condition) => (condition === telling ? untold : condition));
  expect(JSON.stringify(shown)).toBe(JSON.stringify(statusOf(expected)));
});
