/** The ConfigMap that says which installation works on a cluster, and how far its database was. */
import { type KubeObject, kubeTypes } from '@netplane/k8s-adapter';
import { CALL_TIMEOUT_MS, type WorkerContext } from './context.ts';

const NAME = 'netplane-installation';

export interface InstallationMark {
  readonly installation: string;
  readonly epoch: number;
  /** Which of the installation's databases made the last step; '' of one that did not say. */
  readonly database: string;
  /** When, by that database's clock, in milliseconds; 0 of one that did not say. */
  readonly at: number;
}

type MarkContext = Pick<WorkerContext, 'client' | 'settings' | 'installation' | 'signal'>;

/** `undefined` where no installation has worked yet. */
export async function readMark(ctx: MarkContext): Promise<InstallationMark | undefined> {
  const ref = { namespace: ctx.settings.WORKER_NAMESPACE, name: NAME };
  const object = await ctx.client.get(kubeTypes.ConfigMap, ref, callOptions(ctx));
  if (object === undefined) return undefined;
  const { installation = '', epoch = '0', database = '', at = '' } = object.data ?? {};
  return { installation, epoch: Number(epoch), database, at: Date.parse(at) || 0 };
}

export async function writeMark(
  ctx: MarkContext,
  { epoch, database, at }: Omit<InstallationMark, 'installation'>,
): Promise<void> {
  const { apiVersion, kind } = kubeTypes.ConfigMap;
  const mark: KubeObject = {
    apiVersion,
    kind,
    metadata: { namespace: ctx.settings.WORKER_NAMESPACE, name: NAME },
    data: {
      installation: ctx.installation,
      epoch: String(epoch),
      database,
      at: new Date(at).toISOString(),
    },
  };
  await ctx.client.apply(kubeTypes.ConfigMap, mark, callOptions(ctx));
}

/**
 * Another installation's cluster is not touched.
 * @throws Error when the mark is another installation's
 */
export async function assertOwnCluster(ctx: MarkContext): Promise<void> {
  const mark = await readMark(ctx);
  if (mark !== undefined && mark.installation !== ctx.installation) {
    throw new ForeignInstallationError(mark.installation, ctx.installation);
  }
}

export class ForeignInstallationError extends Error {
  constructor(found: string, own: string) {
    super(
      `This cluster is worked on by installation ${found}, not by ${own}. ` +
        `Use the database of that installation, or delete the ConfigMap ${NAME} if it is gone for good.`,
    );
    this.name = 'ForeignInstallationError';
  }
}

function callOptions(ctx: MarkContext) {
  return { signal: ctx.signal, timeoutMs: CALL_TIMEOUT_MS };
}
