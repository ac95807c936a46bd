import { isMap, type JsonMap, mapAt, omit, textAt } from '../json.ts';
import type { KindInfo } from '../kinds.ts';
import type { Writer } from '../ownership/managers.ts';
import { asSimObject, metadataOf, type SimObject } from '../sim-object.ts';
import { badRequest, internalError } from './api-error.ts';
import { commitCreate } from './commit.ts';
import { type ApiContext, mainScope, timestampOf } from './context.ts';
import { decodeBody } from './decode.ts';
import { admitIntoNamespace } from './namespaces.ts';

interface CreateRequest {
  readonly kind: KindInfo;
  /** From the path; `null` for cluster-scoped kinds. */
  readonly namespace: string | null;
  readonly body: unknown;
  readonly manager: string;
  readonly strict: boolean;
}

/** The user that every caller of the simulator is. */
const SIMULATED_USER = 'system:serviceaccount:netplane:netplane-worker';

/** POST. Throws 400, 403, 404 (namespace), 409 `AlreadyExists`, 422. */
export function createObject(ctx: ApiContext, request: CreateRequest): SimObject {
  const { kind, namespace } = request;
  if (kind.kind === 'SelfSubjectReview') return selfSubjectReview(ctx, kind);
  if (isMap(request.body) && textAt(metadataOf(request.body), 'resourceVersion') !== '') {
    throw internalError('resourceVersion should not be set on objects to be created');
  }
  const object = placed(decodeBody(request.body, kind, request), kind, namespace);
  admitIntoNamespace(ctx, kind, { namespace, name: textAt(metadataOf(object), 'name') });
  const writer: Writer = { manager: request.manager, operation: 'Update', subresource: '' };
  const scope = mainScope(kind);
  return commitCreate(ctx, { kind, object: withDefaults(object, kind), managers: writer, scope });
}

/** The object with the path's namespace and without a status that has a path of its own. */
export function placed(object: JsonMap, kind: KindInfo, namespace: string | null): JsonMap {
  const metadata = metadataOf(object);
  const given = textAt(metadata, 'namespace');
  if (namespace !== null && given !== '' && given !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (namespace === null && kind.namespaced)
    throw badRequest('an empty namespace may not be set during creation');
  const place = namespace === null ? omit(metadata, 'namespace') : { ...metadata, namespace };
  return { ...(kind.statusSubresource ? omit(object, 'status') : object), metadata: place };
}

const POD_GRACE_SECONDS = 30;

/** What the API server itself fills into new objects of built-in kinds. */
export function withDefaults(object: JsonMap, kind: KindInfo): JsonMap {
  const metadata = metadataOf(object);
  if (kind.kind === 'Namespace') {
    const labels = { ...mapAt(metadata, 'labels'), 'kubernetes.io/metadata.name': textAt(metadata, 'name') };
    const spec = { finalizers: ['kubernetes'] };
    return { ...object, metadata: { ...metadata, labels }, spec, status: { phase: 'Active' } };
  }
  if (kind.kind === 'Pod') {
    const spec = { terminationGracePeriodSeconds: POD_GRACE_SECONDS, ...mapAt(object, 'spec') };
    return { ...object, spec, status: { phase: 'Pending' } };
  }
  return object;
}

function selfSubjectReview(ctx: ApiContext, kind: KindInfo): SimObject {
  const { apiVersion } = kind;
  const metadata = { name: '', creationTimestamp: timestampOf(ctx.clock()) };
  const userInfo = { username: SIMULATED_USER, groups: ['system:serviceaccounts', 'system:authenticated'] };
  return asSimObject({ apiVersion, kind: kind.kind, metadata, status: { userInfo } });
}
