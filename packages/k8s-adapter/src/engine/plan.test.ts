import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../client/kube-object.ts';
import { type OwnedRow, planActions } from './plan.ts';

const now = '2026-11-21T12:00:00.250000Z';
const type = { apiVersion: 'kubeovn.io/v1', kind: 'OvnEip', plural: 'ovn-eips', namespaced: false };
const owner = {
  installation: '11111111-1111-4111-8111-111111111111',
  kind: 'eip',
  id: '01900000-0000-7000-8000-000000000001',
  organizationId: null,
  projectId: null,
} as const;

/** What is done with an unwanted object of ours that nobody has taken up. */
function actionFor(
  ageSeconds: number | null,
  creationTimestamp: string,
  rest: Partial<KubeObject> = {},
): string {
  const row: OwnedRow = {
    ...{ id: 1, slot: 'eip', name: 'eip1x1', namespace: null, uid: 'uid-eip', origin: 'created' },
    ...{ type, createOnce: true, ageSeconds },
  };
  const { metadata, ...others } = rest;
  const seen: KubeObject = {
    ...{ apiVersion: type.apiVersion, kind: type.kind, ...others },
    metadata: { name: row.name, uid: 'uid-eip', creationTimestamp, ...metadata },
  };
  const input = { owner, slots: [], desired: [], rows: [row], seen: new Map([[row.slot, seen]]), now };
  return planActions(input)
    .map((action) => action.do)
    .join();
}

describe('an unwanted object without a finalizer', () => {
  it.each([
    ['the same clock', '2026-11-21T12:00:00Z'],
    ['a clock an hour behind', '2026-11-21T11:00:00Z'],
    ['a clock an hour ahead', '2026-11-21T13:00:00Z'],
  ])('is waited for while its row is young: %s', (_, made) => {
    expect(actionFor(29, made)).toBe('wait-finalizer');
  });

  it('is waited for while it is young itself', () => {
    expect(actionFor(600, '2026-11-21T11:59:31Z')).toBe('wait-finalizer');
    expect(actionFor(null, '2026-11-21T12:00:01Z')).toBe('wait-finalizer');
  });

  it.each([
    ['the same clock', '2026-11-21T11:59:30Z'],
    ['a clock an hour behind', '2026-11-21T10:59:30Z'],
    ['a clock an hour ahead', '2026-11-21T12:59:30Z'],
  ])('is deleted once nobody has taken it up for 30 s: %s', (_, made) => {
    expect(actionFor(30, made)).toBe('delete');
    expect(actionFor(null, made)).toBe('delete');
  });

  it('is deleted at once where a controller has taken it up', () => {
    const made = '2026-11-21T12:00:00Z';
    expect(
      actionFor(0, made, { metadata: { name: 'eip1x1', finalizers: ['kubeovn.io/kube-ovn-controller'] } }),
    ).toBe('delete');
    expect(actionFor(0, made, { status: { ready: true } })).toBe('delete');
  });
});
