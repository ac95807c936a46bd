/** What every kind's service offers; REST and GraphQL are built from it alike. */
import type { Created, ListRequest, ListResult } from '@netplane/db';
import { invalid, type Kind, LABELS_MAX, type Labels, type Status } from '@netplane/domain';
import type { RequestContext } from '../../context.ts';

export interface Resource {
  readonly id: string;
  readonly revision: number;
  readonly createdAt: string;
  readonly labels: Labels;
  readonly name?: string;
  /** Of provisioned kinds. */
  readonly status?: Status;
}

export interface UpdateRequest<Patch> {
  readonly id: string;
  readonly expectedRevision: number | null;
  readonly patch: Patch;
}

export interface DeleteRequest {
  readonly id: string;
  readonly expectedRevision: number | null;
}

/** Functions of one kind; every one authorizes first and throws NetplaneError. */
export interface ResourceService<Value extends Resource, Create, Patch> {
  readonly kind: Kind;
  readonly create: (ctx: RequestContext, body: Create) => Promise<Created<Value>>;
  /** `undefined` for what does not exist for the caller. */
  readonly get: (ctx: RequestContext, id: string) => Promise<Value | undefined>;
  readonly list: (ctx: RequestContext, request: ListRequest) => Promise<ListResult<Value>>;
  readonly update: (ctx: RequestContext, request: UpdateRequest<Patch>) => Promise<Value>;
  /** The resource while the cluster lets go of it; `undefined` when it is gone at once. */
  readonly delete: (ctx: RequestContext, request: DeleteRequest) => Promise<Value | undefined>;
}

/**
 * JSON merge patch (RFC 7396) of labels: `null` for one removes it, for all of them clears.
 * @throws NetplaneError `validation_failed` for too many
 */
export function patchedLabels(
  current: Labels,
  patch: Readonly<Record<string, string | null>> | null | undefined,
): Labels {
  if (patch === undefined) return current;
  if (patch === null) return {};
  const merged = Object.entries({ ...current, ...patch }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  if (merged.length > LABELS_MAX) throw invalid('/labels', `At most ${LABELS_MAX} labels.`);
  return Object.fromEntries(merged);
}

/** Equal as JSON whatever the order of keys: then a patch changes nothing. */
export function sameLabels(a: Labels, b: Labels): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
