import type { KindInfo } from '../kinds.ts';
import { isTerminating } from '../sim-object.ts';
import { forbidden, notFound } from './api-error.ts';
import type { ApiContext } from './context.ts';

/** Admission of a new object: its Namespace must exist (404) and not be going away (403). */
export function admitIntoNamespace(
  ctx: ApiContext,
  kind: KindInfo,
  at: { readonly namespace: string | null; readonly name: string },
): void {
  if (!kind.namespaced || at.namespace === null) return;
  const namespaces = ctx.kinds.get('Namespace');
  const found = ctx.store.get('Namespace', at.namespace);
  if (found === undefined && namespaces !== undefined) throw notFound(namespaces, at.namespace);
  if (found === undefined || !isTerminating(found.object)) return;
  const why = `unable to create new content in namespace ${at.namespace} because it is being terminated`;
  const message = `namespace ${at.namespace} is being terminated`;
  throw forbidden(kind, at.name, why, [
    { reason: 'NamespaceTerminating', message, field: 'metadata.namespace' },
  ]);
}
