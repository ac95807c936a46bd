import { isTerminating, keyOfObject, type SimObject } from '../sim-object.ts';
import { type Controller, done, job } from './controller.ts';

/** The controller manager's part: a Terminating Namespace goes when all that was in it has gone. */
export function createNamespaceLifecycleController(namespacedKinds: readonly string[]): Controller {
  const wake = (namespace: SimObject) =>
    isTerminating(namespace) ? [job('finalize-namespace', namespace.metadata.name)] : [];
  return {
    kind: 'Namespace',
    added: wake,
    updated: (_before, after) => wake(after),
    handlers: {
      'finalize-namespace': (cluster, { key }) => {
        const namespace = cluster.get('Namespace', key);
        if (namespace === undefined || !isTerminating(namespace)) return done;
        const content = namespacedKinds.flatMap((kind) => cluster.find(kind, 'namespace', key));
        if (content.length === 0) return { writes: [{ verb: 'finalize-namespace', key }] };
        const standing = content.filter((object) => !isTerminating(object));
        const writes = standing.map(
          (object) => ({ verb: 'delete', kind: object.kind, key: keyOfObject(object) }) as const,
        );
        return { writes, retry: true };
      },
    },
  };
}
