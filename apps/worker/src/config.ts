/** Every variable of the worker process. `.env.example` documents them; a test compares the two. */
import {
  flag,
  integer,
  listOf,
  oneOf,
  readSettings,
  type Setting,
  type SettingsOf,
  text,
  urlWith,
} from '@netplane/domain';

const PORT_MAX = 65_535;

export const workerSettings = {
  DATABASE_URL: urlWith(['postgres:', 'postgresql:'], {
    help: 'PostgreSQL (15 or newer) and a login that is a member of netplane_worker',
  }),
  DATABASE_POOL_SIZE: integer({ default: '16', min: 2, max: 500, help: 'connections' }),
  CLUSTER: text({ default: 'local', help: 'name of the cluster row that this worker serves' }),
  KUBECONFIG: text({ default: '', help: 'path of a kubeconfig; empty: the ServiceAccount of the pod' }),
  KUBE_CONTEXT: text({ default: '', help: 'context of the kubeconfig; empty: its current one' }),
  WORKER_NAMESPACE: text({
    default: 'netplane',
    minLength: 1,
    help: "namespace of the worker's own ConfigMap",
  }),
  WORKER_CONCURRENCY: integer({
    default: '16',
    min: 1,
    max: 256,
    help: 'resources that are reconciled at once',
  }),
  ADMIN_HOST: text({ default: '127.0.0.1', help: 'address of /healthz, /readyz and /metrics' }),
  ADMIN_PORT: integer({
    default: '9091',
    min: 0,
    max: PORT_MAX,
    help: 'port of /healthz, /readyz and /metrics',
  }),
  LOG_LEVEL: oneOf(['debug', 'info', 'warn', 'error'], {
    default: 'info',
    help: 'least severe lines to log',
  }),
  QUARANTINE_SECONDS: integer({
    default: '600',
    min: 30,
    max: 31_536_000,
    help: 'how long a released address rests; at least two leases',
  }),
  RESYNC_SECONDS: integer({
    default: '300',
    min: 5,
    max: 86_400,
    help: 'how often everything is looked at again',
  }),
  DEADLINE_SECONDS: integer({
    default: '60',
    min: 5,
    max: 3_600,
    help: 'after this long a step says what it is stuck on',
  }),
  MAX_UNASKED_DISRUPTIONS: integer({
    default: '20',
    min: 0,
    max: 1_000_000,
    help: 'deletes within an hour that no API call asked for, before they wait for a confirmation',
  }),
  PROVIDER_INTERFACE: text({
    default: 'eth1',
    minLength: 1,
    help: 'interface of a provider network that has to be made',
  }),
  GUARD: flag({ default: 'true', help: 'keep the admission policy on the cluster, where the worker may' }),
  GUARD_EXEMPT_GROUPS: listOf((group) => group, {
    default: '',
    help: 'groups that the admission policy lets through',
  }),
  KUBE_OVN_USERS: listOf((user) => user, {
    default: [
      'system:serviceaccount:kube-system:ovn',
      'system:serviceaccount:kube-system:kube-ovn-cni',
      'system:serviceaccount:kube-system:kube-ovn-app',
    ].join(','),
    help: "Kube-OVN's own users, which the admission policy lets through",
  }),
} as const satisfies Record<string, Setting<unknown>>;

export type WorkerSettings = SettingsOf<typeof workerSettings>;

/** @throws SettingsError with a line per bad variable */
export function readWorkerSettings(environment: NodeJS.ProcessEnv): WorkerSettings {
  return readSettings(workerSettings, environment);
}
