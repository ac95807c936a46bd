/** Parts of a view that every kind has. */
import { type ErrorHolder, type Kind, presentId, recordedStatus, type Status } from '@netplane/domain';
import type { Resource } from './service.ts';

interface Dated extends Resource {
  readonly updatedAt: string;
}

/** A view in reading order: id, the kind's own fields, bookkeeping, status. */
export function presentedResource<Fields extends object>(
  kind: Kind,
  value: Dated,
  fields: Fields,
  status: Status = recordedStatus(value.revision, value.updatedAt),
) {
  return {
    id: presentId(kind, value.id),
    ...fields,
    labels: value.labels,
    revision: value.revision,
    created_at: value.createdAt,
    updated_at: value.updatedAt,
    status,
  };
}

/** What operators are told is taken out for everybody else. */
export function presentedStatus(status: Status, isPlatformAdmin: boolean): Status {
  // a copy of each condition of a page would be a measurable part of it
  if (isPlatformAdmin || status.conditions.every(({ operator_detail }) => operator_detail === undefined))
    return status;
  return {
    ...status,
    conditions: status.conditions.map(({ operator_detail: _, ...condition }) => condition),
  };
}

/** `{kind, id}` of another resource, with the id as the API shows it. */
export function presentedHolder(kind: Kind, uuid: string): ErrorHolder {
  return { kind, id: presentId(kind, uuid) };
}
