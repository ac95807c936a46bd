import { deepEqual, type JsonMap, mapAt, omit, textAt, textsAt } from '../json.ts';
import type { KindInfo } from '../kinds.ts';
import { type FieldManager, sameManagers } from '../ownership/field-set.ts';
import { leavesOf, type WriteScope } from '../ownership/leaves.ts';
import { managersAfterUpdate, type Writer } from '../ownership/managers.ts';
import {
  isTerminating,
  keyOfObject,
  metadataOf,
  type SimObject,
  uidOf,
  withMetadata,
} from '../sim-object.ts';
import type { Stored } from '../store/collection.ts';
import { alreadyExists, conflict, invalid } from './api-error.ts';
import { type ApiContext, timestampOf } from './context.ts';
import { metadataCauses } from './metadata-rules.ts';
import { schemaCauses } from './structural-schema.ts';

/** The last steps of every write: metadata that the server owns, validation, generation, managers, the store. */

export interface Creation {
  readonly kind: KindInfo;
  /** Canonical (see `decode.ts`), with its name and namespace. */
  readonly object: JsonMap;
  /** Who owns the fields: the managers of an apply, or the writer of a POST. */
  readonly managers: readonly FieldManager[] | Writer;
  readonly scope: WriteScope;
}

/** Throws 422 for what breaks the rules, 409 when the name is taken. */
export function commitCreate(ctx: ApiContext, { kind, object, managers, scope }: Creation): SimObject {
  const name = textAt(metadataOf(object), 'name');
  const created = withMetadata(object, {
    ...omit(
      metadataOf(object),
      'deletionTimestamp',
      'deletionGracePeriodSeconds',
      'managedFields',
      'selfLink',
    ),
    name,
    uid: ctx.newUid(),
    creationTimestamp: timestampOf(ctx.clock()),
    ...(kind.generation ? { generation: 1 } : {}),
  });
  const causes = causesOf(created, kind);
  if (causes.length > 0) throw invalid(kind, name, causes);
  const existing = ctx.store.get(kind.kind, keyOfObject(created));
  if (existing !== undefined) throw alreadyExists(kind, name, isTerminating(existing.object));
  const entries = isWriter(managers)
    ? managersAfterUpdate(
        { managers: [], before: new Map(), after: leavesOf(created, kind, scope), writer: managers },
        ctx.fieldSets,
      )
    : managers;
  return ctx.store.put(created, entries);
}

export interface Update {
  readonly kind: KindInfo;
  readonly current: Stored;
  /** The whole object as the writer wants it, canonical. What it may not change is taken from `current`. */
  readonly next: JsonMap;
  readonly managers: readonly FieldManager[] | Writer;
  readonly scope: WriteScope;
}

/**
 * Answers the stored object, which is `current` itself when nothing changed. The last finalizer of a Terminating object
 * removes it. Throws 409 for another resourceVersion, 422 for another uid and for what breaks the rules.
 */
export function commitUpdate(ctx: ApiContext, { kind, current, next, managers, scope }: Update): SimObject {
  const base = current.object;
  const { name } = base.metadata;
  checkIdentity(metadataOf(next), kind, base);
  const updated = reached(base, next, scope);
  const causes = [...causesOf(updated, kind), ...finalizerCauses(base, updated)];
  if (causes.length > 0) throw invalid(kind, name, causes);
  const entries = isWriter(managers)
    ? managersAfterUpdate(
        {
          managers: current.managers,
          before: leavesOf(base, kind, scope),
          after: leavesOf(updated, kind, scope),
          writer: managers,
        },
        ctx.fieldSets,
      )
    : managers;
  if (isReleased(updated)) {
    ctx.store.remove(kind.kind, keyOfObject(base));
    return updated;
  }
  if (deepEqual(updated, base) && sameManagers(entries, current.managers)) return base;
  return ctx.store.put(withGeneration(updated, base, kind), entries);
}

/** Whether nothing holds a Terminating object any more: finalizers, a Namespace's content, a Pod's kubelet. */
export function isReleased(object: SimObject): boolean {
  if (!isTerminating(object) || (object.metadata.finalizers ?? []).length > 0) return false;
  if (object.kind === 'Namespace') return textsAt(mapAt(object, 'spec'), 'finalizers').length === 0;
  if (object.kind === 'Pod') return metadataOf(object).deletionGracePeriodSeconds === 0;
  return true;
}

function reached(base: SimObject, next: JsonMap, scope: WriteScope): SimObject {
  if (scope === 'status') return withMetadata(withStatus(base, next), base.metadata);
  const metadata = {
    ...metadataOf(next),
    ...pick(base.metadata, SERVER_OWNED),
    deletionTimestamp: base.metadata.deletionTimestamp,
    deletionGracePeriodSeconds: metadataOf(base).deletionGracePeriodSeconds,
  };
  const kept = withMetadata(next, defined(metadata));
  return scope === 'all' ? kept : withMetadata(withStatus(kept, base), kept.metadata);
}

const SERVER_OWNED = ['name', 'namespace', 'uid', 'resourceVersion', 'generation', 'creationTimestamp'];

function withStatus(object: JsonMap, from: JsonMap): JsonMap {
  const rest = omit(object, 'status');
  return from.status === undefined ? rest : { ...rest, status: from.status };
}

function checkIdentity(metadata: JsonMap, kind: KindInfo, base: SimObject): void {
  const { uid, resourceVersion } = metadata;
  if (typeof uid === 'string' && uid !== '' && uid !== uidOf(base)) {
    const message = `Invalid value: "${uid}": field is immutable`;
    const cause = { reason: 'FieldValueInvalid', message, field: 'metadata.uid' };
    throw invalid(kind, base.metadata.name, [cause]);
  }
  if (resourceVersion === undefined || resourceVersion === base.metadata.resourceVersion) return;
  const why = 'the object has been modified; please apply your changes to the latest version and try again';
  throw conflict(kind, base.metadata.name, why);
}

function causesOf(object: SimObject, kind: KindInfo) {
  const structural = kind.schema === undefined ? [] : schemaCauses(kind.schema, object);
  return [...metadataCauses(object, kind), ...structural];
}

function finalizerCauses(base: SimObject, updated: SimObject) {
  if (!isTerminating(base)) return [];
  const before = base.metadata.finalizers ?? [];
  const added = (updated.metadata.finalizers ?? []).filter((item) => !before.includes(item));
  if (added.length === 0) return [];
  const list = added.map((item) => `"${item}"`).join(', ');
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
  return [{ reason: 'FieldValueForbidden', message, field: 'metadata.finalizers' }];
}

/** Counts changes outside metadata and, where it is kept apart, status. */
function withGeneration(updated: SimObject, base: SimObject, kind: KindInfo): SimObject {
  if (!kind.generation) return updated;
  const ignored = kind.statusSubresource ? ['metadata', 'status'] : ['metadata'];
  if (deepEqual(omit(updated, ...ignored), omit(base, ...ignored))) return updated;
  return withMetadata(updated, { ...updated.metadata, generation: (base.metadata.generation ?? 0) + 1 });
}

function isWriter(managers: readonly FieldManager[] | Writer): managers is Writer {
  return !Array.isArray(managers);
}

function pick(object: object, keys: readonly string[]): JsonMap {
  return Object.fromEntries(Object.entries(object).filter(([key]) => keys.includes(key)));
}

function defined(object: JsonMap): JsonMap {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
