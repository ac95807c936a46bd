import { recordedStatus, type Status } from '@netplane/domain';
import type { RequestContext } from '../../context.ts';
import { waitUntilSettled } from '../http/waiting.ts';
import type { Resource, ResourceService } from './service.ts';

/** Waits for a resource as `Prefer: wait` and `wait_for` ask; `undefined` when it is gone by then. */
export async function settled<Value extends Resource>(
  ctx: RequestContext,
  service: Pick<ResourceService<Value, never, never>, 'get'>,
  value: Value,
  seconds: number,
  target: 'ready' | 'deleted',
): Promise<Value | undefined> {
  if (seconds === 0) return value;
  return waitUntilSettled(ctx.waiters, ctx.signal, value, {
    id: value.id,
    seconds,
    target,
    reload: () => service.get(ctx, value.id),
    aside: ctx.aside,
    statusOf,
    revisionOf: ({ revision }) => revision,
  });
}

/** Kinds that no cluster has to agree with are ready once they are recorded. */
function statusOf(value: Resource): Status {
  return value.status ?? recordedStatus(value.revision, value.createdAt);
}
