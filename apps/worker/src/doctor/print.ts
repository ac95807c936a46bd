/** What the doctor says, as lines for people or one document for scripts. */
import { labelKeys } from '@netplane/k8s-adapter';
import type { Difference } from './difference.ts';
import type { Partnerless } from './objects.ts';
import type { PlannedResource } from './plan.ts';

export interface Report {
  /** What was adopted or deleted, a line each. */
  readonly done?: readonly string[];
  readonly differences: readonly Difference[];
  readonly orphans?: Partnerless;
  readonly plan?: readonly PlannedResource[];
}

export function asJson({ done, differences, orphans, plan }: Report): string {
  return JSON.stringify({
    ...(done === undefined ? {} : { done }),
    differences,
    ...(orphans === undefined
      ? {}
      : { orphans: { objects: orphanObjects(orphans), rows: lostRows(orphans) } }),
    ...(plan === undefined ? {} : { plan }),
  });
}

export function asText({ done = [], differences, orphans, plan }: Report): string {
  return [
    ...done,
    ...differences.map(({ kind, subject, detail }) => `${kind}  ${subject}  ${detail}`),
    differences.length === 0 ? 'nothing differs' : `${differences.length} differences`,
    ...(orphans === undefined ? [] : orphanLines(orphans)),
    ...(plan === undefined ? [] : planLines(plan)),
  ].join('\n');
}

function orphanObjects({ objects }: Partnerless) {
  return objects.map(({ kind, object, detail }) => {
    const labels = object.metadata.labels ?? {};
    const address = object.spec?.v4Ip;
    return {
      object: `${object.kind}/${object.metadata.name}`,
      difference: kind,
      detail,
      organization: labels[labelKeys.organization] ?? null,
      project: labels[labelKeys.project] ?? null,
      address: typeof address === 'string' ? address : null,
      made_at: object.metadata.creationTimestamp ?? null,
    };
  });
}

function lostRows({ rows }: Partnerless) {
  return rows.map(({ row, detail }) => ({
    object: `${row.kind}/${row.name}`,
    owner: `${row.owner_kind} ${row.owner_id}`,
    detail,
  }));
}

function orphanLines(orphans: Partnerless): readonly string[] {
  const objects = orphanObjects(orphans);
  const rows = lostRows(orphans);
  return [
    `${objects.length} objects that no row knows`,
    ...objects.map(({ object, organization, project, address, made_at: madeAt, detail }) =>
      ['', object, address, organization, project, madeAt, detail].filter((part) => part !== null).join('  '),
    ),
    `${rows.length} rows whose object is missing`,
    ...rows.map(({ object, owner, detail }) => `  ${object}  ${owner}  ${detail}`),
  ];
}

function planLines(plan: readonly PlannedResource[]): readonly string[] {
  return [
    `${plan.length} resources would change the cluster`,
    ...plan.flatMap(({ kind, id, writes }) => [
      `  ${kind} ${id}`,
      ...writes.map(({ do: verb, object, after }) =>
        after === null ? `    ${verb} ${object}` : `    ${verb} ${object} (${after})`,
      ),
    ]),
  ];
}
