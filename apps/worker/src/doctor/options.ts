/** Arguments of `npm run doctor`. */
import { parseArgs } from 'node:util';

export interface DoctorOptions {
  readonly json: boolean;
  readonly orphans: boolean;
  readonly plan: boolean;
  /** `<kind>/<name>` of objects that no row knows. */
  readonly adopt: readonly string[];
  readonly remove: readonly string[];
  /** Of the one resource that is adopted. */
  readonly name: string | null;
  readonly help: boolean;
}

export const USAGE = `npm run doctor -- [options]

Compares rows with rows, and rows with the cluster. Exit code 0: nothing differs; 1: something does; 2: it could not look.
Configured like the worker (DATABASE_URL, CLUSTER, KUBECONFIG, …); without DATABASE_URL it looks at the running sandbox.

  --json                 one JSON document: {"differences": [{"kind", "subject", "detail"}]}
  --orphans              objects that no row knows and rows whose object is missing, in detail
  --plan                 what the worker would create, change and delete, by resource; nothing is written
  --adopt <kind>/<name>  makes the rows of an object that no row knows; of a Vpc, those of its whole project
  --name <name>          name of the resource that is adopted; the cluster knows none
  --delete <kind>/<name> deletes an object that no row knows; with a Vpc, everything of its project
  --help
`;

/** @throws TypeError with what is wrong */
export function readDoctorOptions(args: readonly string[]): DoctorOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      orphans: { type: 'boolean', default: false },
      plan: { type: 'boolean', default: false },
      adopt: { type: 'string', multiple: true, default: [] },
      delete: { type: 'string', multiple: true, default: [] },
      name: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const { json, orphans, plan, adopt, delete: remove, name = null, help } = values;
  if (name !== null && adopt.length !== 1) throw new TypeError('--name goes with one --adopt');
  if (adopt.length > 0 && remove.length > 0) throw new TypeError('--adopt and --delete are two steps');
  return { json, orphans, plan, adopt, remove, name, help };
}
