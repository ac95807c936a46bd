import { mapAt, textAt } from '../json.ts';
import type { KindInfo } from '../kinds.ts';
import { isTerminating, keyOf, metadataOf, type SimObject, uidOf, withMetadata } from '../sim-object.ts';
import type { Stored } from '../store/collection.ts';
import { conflict, notFound } from './api-error.ts';
import { isReleased } from './commit.ts';
import { type ApiContext, timestampOf } from './context.ts';

interface DeleteRequest {
  readonly kind: KindInfo;
  readonly namespace: string | null;
  readonly name: string;
  /** `preconditions.uid`. */
  readonly uid?: string | undefined;
  readonly gracePeriodSeconds?: number | undefined;
}

/**
 * DELETE. What finalizers (a Namespace's content, a Pod's kubelet) hold becomes Terminating and is answered; what is
 * gone at once is answered as `undefined`. Throws 404, and 409 when the uid is another's.
 */
export function deleteObject(ctx: ApiContext, request: DeleteRequest): SimObject | undefined {
  const { kind, name, uid } = request;
  const key = keyOf(request.namespace, name);
  const current = ctx.store.get(kind.kind, key);
  if (current === undefined) throw notFound(kind, name);
  if (uid !== undefined && uid !== uidOf(current.object)) {
    const record = `the UID in the precondition (${uid}) does not match the UID in record (${uidOf(current.object)})`;
    throw conflict(kind, name, `${record}. The object might have been deleted and then recreated`);
  }
  if (isTerminating(current.object) && request.gracePeriodSeconds !== 0) return current.object;
  const terminating = asTerminating(ctx, current, request);
  if (isReleased(terminating)) {
    ctx.store.remove(kind.kind, key);
    return undefined;
  }
  return ctx.store.put(terminating, current.managers);
}

function asTerminating(ctx: ApiContext, { object }: Stored, request: DeleteRequest): SimObject {
  const { kind } = request;
  const grace = kind.kind === 'Pod' ? podGrace(object, request.gracePeriodSeconds) : 0;
  const end = new Date(ctx.clock().getTime() + grace * 1000);
  const metadata = {
    ...metadataOf(object),
    deletionTimestamp: timestampOf(end),
    ...(kind.kind === 'Namespace' ? {} : { deletionGracePeriodSeconds: grace }),
    ...(kind.generation ? { generation: (object.metadata.generation ?? 0) + 1 } : {}),
  };
  const terminating = withMetadata(object, metadata);
  if (kind.kind !== 'Namespace') return terminating;
  return withMetadata(
    { ...terminating, status: { ...mapAt(object, 'status'), phase: 'Terminating' } },
    metadata,
  );
}

/** Only a Pod that runs somewhere waits for a kubelet. */
function podGrace(pod: SimObject, asked: number | undefined): number {
  const spec = mapAt(pod, 'spec');
  if (textAt(spec, 'nodeName') === '') return 0;
  if (asked !== undefined) return asked;
  const { terminationGracePeriodSeconds: own } = spec;
  return typeof own === 'number' ? own : 0;
}
