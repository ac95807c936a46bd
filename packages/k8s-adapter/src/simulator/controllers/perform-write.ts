import { ApiError } from '../api/api-error.ts';
import { commitUpdate } from '../api/commit.ts';
import type { ApiContext } from '../api/context.ts';
import { createObject } from '../api/create-object.ts';
import { deleteObject } from '../api/delete-object.ts';
import { mergePatchObject, replaceObject } from '../api/update-object.ts';
import { mapAt, omit } from '../json.ts';
import type { KindInfo } from '../kinds.ts';
import type { ObjectKey } from '../sim-object.ts';
import type { Write } from './controller.ts';
import type { Northbound } from './northbound.ts';

const MANAGER = 'kube-ovn-controller';

/**
 * Does what a handler answered. An object that has gone meanwhile, or come meanwhile, is passed over: the change
 * itself has woken the controller again.
 */
export function performWrite(api: ApiContext, northbound: Northbound, write: Write): void {
  switch (write.verb) {
    case 'add-router':
      northbound.addRouter(write.router);
      break;
    case 'delete-router':
      northbound.deleteRouter(write.router);
      break;
    case 'add-snat':
      northbound.addSnat(write);
      break;
    case 'delete-snat':
      northbound.deleteSnat(write);
      break;
    default:
      writeTolerantly(api, write);
  }
}

type ObjectWrite = Extract<Write, { verb: 'create' | 'patch' | 'replace' | 'delete' | 'finalize-namespace' }>;

function writeObject(api: ApiContext, write: ObjectWrite): void {
  if (write.verb === 'finalize-namespace') {
    finalizeNamespace(api, write.key);
    return;
  }
  const kind = kindOf(api, write.kind);
  if (write.verb === 'create') {
    createObject(api, { kind, namespace: null, body: write.object, manager: MANAGER, strict: true });
    return;
  }
  const place = placeOf(write.key, kind);
  if (write.verb === 'delete') {
    deleteObject(api, { kind, ...place, gracePeriodSeconds: write.gracePeriodSeconds });
    return;
  }
  if (write.verb === 'replace') {
    replaceObject(api, { kind, ...place, body: write.object, manager: MANAGER, strict: true });
    return;
  }
  const { patch: body, subresource } = write;
  const request = { kind, ...place, body, manager: MANAGER, strict: true };
  mergePatchObject(api, subresource === undefined ? request : { ...request, subresource });
}

function finalizeNamespace(api: ApiContext, key: ObjectKey): void {
  const current = api.store.get('Namespace', key);
  if (current === undefined) return;
  const spec = omit(mapAt(current.object, 'spec'), 'finalizers');
  const writer = { manager: 'kube-controller-manager', operation: 'Update', subresource: '' } as const;
  const kind = kindOf(api, 'Namespace');
  commitUpdate(api, { kind, current, next: { ...current.object, spec }, managers: writer, scope: 'all' });
}

function writeTolerantly(api: ApiContext, write: ObjectWrite): void {
  try {
    writeObject(api, write);
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 409)) return;
    throw error;
  }
}

function kindOf(api: ApiContext, name: string): KindInfo {
  const kind = api.kinds.get(name);
  if (kind === undefined) throw new Error(`the simulator does not know the kind ${name}`);
  return kind;
}

function placeOf(
  key: ObjectKey,
  kind: KindInfo,
): { readonly namespace: string | null; readonly name: string } {
  const slash = key.indexOf('/');
  if (!kind.namespaced || slash === -1) return { namespace: null, name: key };
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
