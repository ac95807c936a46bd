import { isMap, type JsonMap, mergePatched, textAt } from '../json.ts';
import type { KindInfo } from '../kinds.ts';
import type { WriteScope } from '../ownership/leaves.ts';
import type { Writer } from '../ownership/managers.ts';
import { keyOf, metadataOf, type SimObject } from '../sim-object.ts';
import type { Stored } from '../store/collection.ts';
import { badRequest, notFound } from './api-error.ts';
import { commitUpdate } from './commit.ts';
import { type ApiContext, mainScope } from './context.ts';
import { decodeBody, decodePatched } from './decode.ts';

interface UpdateRequest {
  readonly kind: KindInfo;
  readonly namespace: string | null;
  readonly name: string;
  readonly body: unknown;
  readonly manager: string;
  readonly strict: boolean;
  readonly subresource?: 'status';
}

/** JSON merge patch (RFC 7386). Throws 404, 409 for a resourceVersion that has passed, 422. */
export function mergePatchObject(ctx: ApiContext, request: UpdateRequest): SimObject {
  const { kind } = request;
  const current = existing(ctx, request);
  if (!isMap(request.body)) throw badRequest('a merge patch of an object is an object');
  const merged = mergePatched(current.object, request.body) as JsonMap; // a map patched by a map
  const given = textAt(metadataOf(merged), 'name');
  if (given !== request.name) {
    throw badRequest(
      `the name of the object (${given}) does not match the name on the URL (${request.name})`,
    );
  }
  return commitUpdate(ctx, {
    kind,
    current,
    next: decodePatched(merged, kind, request),
    ...writing(request),
  });
}

/** PUT of a whole object. Throws as a merge patch does. */
export function replaceObject(ctx: ApiContext, request: UpdateRequest): SimObject {
  const { kind } = request;
  const current = existing(ctx, request);
  return commitUpdate(ctx, {
    kind,
    current,
    next: decodeBody(request.body, kind, request),
    ...writing(request),
  });
}

function existing(ctx: ApiContext, { kind, namespace, name }: UpdateRequest): Stored {
  const current = ctx.store.get(kind.kind, keyOf(namespace, name));
  if (current === undefined) throw notFound(kind, name);
  return current;
}

function writing({ kind, manager, subresource }: UpdateRequest): {
  managers: Writer;
  scope: WriteScope;
} {
  const scope = subresource === 'status' ? 'status' : mainScope(kind);
  return { managers: { manager, operation: 'Update', subresource: subresource ?? '' }, scope };
}
