import { expect, test } from 'vitest';
import { createKindTable, loadCrdTable } from '../kinds.ts';
import { type Route, routeOf } from './path.ts';

const kinds = createKindTable(loadCrdTable());

/** The route in one line. */
const print = (route: Route): string => {
  if (route.type === 'collection') return `${route.kind.kind} in ${route.namespace}`;
  if (route.type !== 'object') return route.type;
  const { kind, namespace, name, subresource } = route;
  return `${kind.kind} ${namespace}/${name}${subresource === undefined ? '' : ` ${subresource}`}`;
};

test.each([
  ['/api/v1/namespaces', 'Namespace in null'],
  ['/api/v1/namespaces/a', 'Namespace null/a'],
  ['/api/v1/namespaces/a/status', 'Namespace null/a status'],
  ['/api/v1/namespaces/a/pods', 'Pod in a'],
  ['/api/v1/namespaces/a/pods/p', 'Pod a/p'],
  ['/api/v1/namespaces/status/pods/p', 'Pod status/p'],
  ['/api/v1/pods', 'Pod in null'],
  ['/api/v1/pods/p', 'unknown'],
  ['/apis/kubeovn.io/v1/vpcs', 'Vpc in null'],
  ['/apis/kubeovn.io/v1/vpcs/a', 'Vpc null/a'],
  ['/apis/kubeovn.io/v1/vpcs/a/status', 'Vpc null/a status'],
  ['/apis/kubeovn.io/v1/ips/a/status', 'unknown'],
  ['/apis/kubeovn.io/v1/namespaces/a/vpcs', 'unknown'],
  ['/apis/kubeovn.io/v1/nothing', 'unknown'],
  ['/apis/kubeovn.io/v1', 'api-resources'],
  ['/apis/kubeovn.io', 'api-group'],
  ['/apis', 'api-groups'],
  ['/api/v1', 'api-resources'],
  ['/api', 'api-versions'],
  ['/version', 'version'],
  ['/readyz', 'health'],
  ['/livez', 'health'],
  ['/simulator/watches/close', 'knob'],
  ['/', 'unknown'],
])('%s is %s', (path, printed) => {
  expect(print(routeOf(path, kinds))).toBe(printed);
});
