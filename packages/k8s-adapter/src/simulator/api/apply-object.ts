import { type JsonMap, textAt } from '../json.ts';
import type { KindInfo } from '../kinds.ts';
import { printPath } from '../ownership/leaves.ts';
import type { Writer } from '../ownership/managers.ts';
import { type ApplyResult, applyConfiguration } from '../ownership/server-side-apply.ts';
import { keyOf, metadataOf, type SimObject } from '../sim-object.ts';
import { ApiError, badRequest, conflict, invalid } from './api-error.ts';
import { commitCreate, commitUpdate } from './commit.ts';
import { type ApiContext, mainScope } from './context.ts';
import { placed, withDefaults } from './create-object.ts';
import { canonical, decodeConfiguration } from './decode.ts';
import { admitIntoNamespace } from './namespaces.ts';

interface ApplyRequest {
  readonly kind: KindInfo;
  readonly namespace: string | null;
  readonly name: string;
  readonly body: unknown;
  readonly manager: string;
  readonly force: boolean;
  readonly subresource?: 'status';
}

/**
 * Server-side apply: creates what is missing. Throws 409 for another manager's field (unless forced) and for a uid
 * when there is no object, 422 for another object's uid, 500 for a body that does not fit the schema.
 */
export function applyObject(
  ctx: ApiContext,
  request: ApplyRequest,
): { readonly object: SimObject; readonly created: boolean } {
  const { kind, name, namespace, subresource = '' } = request;
  const config = decodeConfiguration(request.body, kind, `${namespace ?? ''}/${name}`);
  checkName(metadataOf(config), name);
  const current = ctx.store.get(kind.kind, keyOf(namespace, name));
  if (current === undefined) checkAbsent(kind, name, metadataOf(config));
  const scope = subresource === 'status' ? 'status' : mainScope(kind);
  const writer: Writer = { manager: request.manager, operation: 'Apply', subresource };
  const result = applyConfiguration(
    {
      live: current?.object ?? { apiVersion: kind.apiVersion, kind: kind.kind, metadata: { name } },
      managers: current?.managers ?? [],
      config: withoutStatus(config, scope),
      kind,
      scope,
      writer,
    },
    ctx.fieldSets,
  );
  checkResult(result, request);
  const { managers } = result;
  if (current !== undefined) {
    const next = canonical(result.object, kind);
    return { object: commitUpdate(ctx, { kind, current, next, managers, scope }), created: false };
  }
  admitIntoNamespace(ctx, kind, { namespace, name });
  const object = withDefaults(placed(canonical(result.object, kind), kind, namespace), kind);
  return { object: commitCreate(ctx, { kind, object, managers, scope }), created: true };
}

function checkName(metadata: JsonMap, name: string): void {
  const given = textAt(metadata, 'name');
  if (given === '') {
    throw badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  }
  if (given !== name) {
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
  }
}

function checkAbsent(kind: KindInfo, name: string, metadata: JsonMap): void {
  const uid = textAt(metadata, 'uid');
  if (uid === '') return;
  const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
  throw conflict(kind, name, why);
}

function checkResult(result: ApplyResult, { kind, name, force }: ApplyRequest): void {
  if (!force && result.conflicts.length > 0) {
    const causes = result.conflicts.map(({ path, manager }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with "${manager}"`,
      field: printPath(path),
    }));
    const list = causes.map(({ message, field }) => `${message}: ${field}`).join(', ');
    throw new ApiError(409, 'Conflict', `Apply failed with ${causes.length} conflict(s): ${list}`, {
      causes,
    });
  }
  const [emptied] = result.emptied.slice(-1);
  if (emptied === undefined || kind.schema === undefined) return;
  const field = printPath(emptied).slice(1);
  const message = `Invalid value: "null": ${field} in body must be of type object: "null"`;
  throw invalid(kind, name, [{ reason: 'FieldValueTypeInvalid', message, field }]);
}

/** Through the object's own path a status is ignored, and nobody comes to own it. */
function withoutStatus(config: JsonMap, scope: 'main' | 'status' | 'all'): JsonMap {
  if (scope !== 'main') return config;
  const { status: _, ...rest } = config;
  return rest;
}
