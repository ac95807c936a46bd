/** Parts of a view that every kind has. */
import { type ErrorHolder, type Kind, presentId, recordedStatus, type Status } from '@netplane/domain';
import type { Resource } from './service.ts';

interface Dated extends Resource {
  readonly updatedAt: string;
}

/** Ids, revisions, instants and status; a kind's presenter adds its own fields. */
export function presentedResource(kind: Kind, value: Dated) {
  return {
    id: presentId(kind, value.id),
    labels: value.labels,
    revision: value.revision,
    created_at: value.createdAt,
    updated_at: value.updatedAt,
  };
}

/** What operators are told is taken out for everybody else. */
export function presentedStatus(status: Status, isPlatformAdmin: boolean): Status {
  if (isPlatformAdmin) return status;
  return {
    ...status,
    conditions: status.conditions.map(({ operator_detail: _, ...condition }) => condition),
  };
}

export function presentedRecordStatus(value: Dated): Status {
  return recordedStatus(value.revision, value.updatedAt);
}

/** `{kind, id}` of another resource, with the id as the API shows it. */
export function presentedHolder(kind: Kind, uuid: string): ErrorHolder {
  return { kind, id: presentId(kind, uuid) };
}
