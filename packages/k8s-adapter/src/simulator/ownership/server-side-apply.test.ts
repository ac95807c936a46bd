import { describe, expect, test } from 'vitest';
import type { JsonMap } from '../json.ts';
import { createKindTable, loadCrdTable } from '../kinds.ts';
import { createFieldSetPool, type FieldManager } from './field-set.ts';
import { leavesOf, printPath } from './leaves.ts';
import { managersAfterUpdate, type Writer } from './managers.ts';
import { applyConfiguration } from './server-side-apply.ts';

const kinds = createKindTable(loadCrdTable());
const pool = createFieldSetPool();
const ours: Writer = { manager: 'netplane', operation: 'Apply', subresource: '' };
const others: Writer = { manager: 'others', operation: 'Update', subresource: '' };

const vpcKind = () => {
  const kind = kinds.get('Vpc');
  if (kind === undefined) throw new Error('no kind Vpc');
  return kind;
};

/** An object with who owns what, from a history of writes. */
function createHistory() {
  let object: JsonMap = {};
  let managers: readonly FieldManager[] = [];
  return {
    object: () => object,
    managers: () => managers,
    update: (next: JsonMap, writer = others) => {
      const before = leavesOf(object, vpcKind(), 'main');
      const after = leavesOf(next, vpcKind(), 'main');
      managers = managersAfterUpdate({ managers, before, after, writer }, pool);
      object = next;
    },
    apply: (config: JsonMap, writer = ours) => {
      const input = { live: object, managers, config, kind: vpcKind(), scope: 'main', writer } as const;
      const result = applyConfiguration(input, pool);
      ({ object, managers } = result);
      return result;
    },
    owned: (by: Writer): readonly string[] => {
      const entry = managers.find(
        ({ manager, operation }) => manager === by.manager && operation === by.operation,
      );
      return [...(entry?.fields.paths ?? [])].map(printPath).sort();
    },
  };
}

function updated(object: JsonMap) {
  const history = createHistory();
  history.update(object);
  return history;
}

describe('an apply', () => {
  test('owns the leaves that it names, lists as a whole, labels one by one', () => {
    const history = createHistory();
    history.apply({
      metadata: { name: 'a', labels: { l: '1', 'x.y/z': '2' } },
      spec: { namespaces: ['n'], staticRoutes: [{ cidr: 'c' }], bfdPort: { ip: '1' } },
    });
    expect(history.owned(ours)).toEqual([
      '.metadata.labels.l',
      '.metadata.labels.x.y/z',
      '.spec.bfdPort.ip',
      '.spec.namespaces',
      '.spec.staticRoutes',
    ]);
  });

  test('treats a map that the schema calls atomic as one field', () => {
    const history = createHistory();
    history.apply({ spec: { bfdPort: { nodeSelector: { matchLabels: { a: '1' } } } } });
    history.apply({ spec: { bfdPort: { nodeSelector: { matchLabels: { b: '1' } } } } });
    expect(history.object()).toEqual({ spec: { bfdPort: { nodeSelector: { matchLabels: { b: '1' } } } } });
    expect(history.owned(ours)).toEqual(['.spec.bfdPort.nodeSelector']);
  });

  test('takes away what it named before, but for what others own as well', () => {
    const history = updated({ spec: { defaultSubnet: 's' } });
    history.apply({ spec: { defaultSubnet: 's', enableBfd: true } });
    history.apply({ metadata: { labels: { l: '1' } } });
    expect(history.object()).toEqual({ metadata: { labels: { l: '1' } }, spec: { defaultSubnet: 's' } });
  });

  test('drops maps that it emptied, and reports those that it names empty', () => {
    const history = createHistory();
    history.apply({ metadata: { labels: { l: '1' } }, spec: { enableBfd: true } });
    expect(history.apply({ spec: {} }).emptied).toEqual(['spec']);
    const again = createHistory();
    again.apply({ metadata: { labels: { l: '1' } }, spec: { enableBfd: true } });
    expect(again.apply({ metadata: { name: 'a' } }).emptied).toEqual([]);
    expect(again.object()).toEqual({ metadata: { name: 'a' } });
  });

  test('conflicts where it changes what others own, and not where it agrees', () => {
    const history = updated({ spec: { defaultSubnet: 's', enableBfd: true } });
    const { conflicts } = history.apply({ spec: { defaultSubnet: 't', enableBfd: true } });
    expect(conflicts.map(({ path, manager }) => [printPath(path), manager])).toEqual([
      ['.spec.defaultSubnet', 'others'],
    ]);
    expect(history.owned(others)).toEqual(['.spec.enableBfd']);
    expect(history.owned(ours)).toEqual(['.spec.defaultSubnet', '.spec.enableBfd']);
  });

  test('keeps the order of finalizers that it shares with others', () => {
    const history = updated({ metadata: { finalizers: ['a/1', 'b/2'] } });
    history.apply({ metadata: { finalizers: ['b/2', 'c/3'] } });
    expect(history.object()).toEqual({ metadata: { finalizers: ['a/1', 'b/2', 'c/3'] } });
    history.apply({ metadata: {} });
    expect(history.object()).toEqual({ metadata: { finalizers: ['a/1', 'b/2'] } });
  });
});

describe('an update', () => {
  test('owns what it changed, takes it from others, and leaves them the rest', () => {
    const history = createHistory();
    history.apply({ spec: { defaultSubnet: 's', enableBfd: true } });
    history.update({ spec: { defaultSubnet: 't', enableBfd: true, enableExternal: true } });
    expect(history.owned(others)).toEqual(['.spec.defaultSubnet', '.spec.enableExternal']);
    expect(history.owned(ours)).toEqual(['.spec.enableBfd']);
  });

  test('takes from everybody what it removed', () => {
    const history = createHistory();
    history.apply({ spec: { defaultSubnet: 's', enableBfd: true } });
    history.update({ spec: { enableBfd: true } });
    expect(history.owned(ours)).toEqual(['.spec.enableBfd']);
  });

  test('that changes nothing changes no owner', () => {
    const history = createHistory();
    history.apply({ spec: { enableBfd: true } });
    const managers = history.managers();
    history.update({ spec: { enableBfd: true } });
    expect(history.managers()).toBe(managers);
  });
});
