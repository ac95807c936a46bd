/** The running stack as a test sees it: its API, its database, the cluster with an operator's rights, and OVN. */
import pg from 'pg';
import { afterAll, inject } from 'vitest';
import { clientOf, type TestApi } from '../../support/api.ts';
import { type AttachedControlPlane, attachControlPlane } from '../control-plane/attach.ts';
import type { Kubectl } from '../control-plane/kubectl.ts';

export interface Stage
  extends Pick<TestApi, 'call' | 'must'>,
    Pick<AttachedControlPlane, 'nbctl' | 'sbctl' | 'trace'> {
  /** kubectl of the operator, whom the admission policies let through. */
  readonly kubectl: Kubectl;
  /** Rows of Netplane's database, read behind the API. */
  query<Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[]): Promise<readonly Row[]>;
}

/** For the whole file: what it opens is closed after its last test. */
export async function openStage(): Promise<Stage> {
  const controlPlane = await attachControlPlane(inject('controlPlane'));
  const pool = new pg.Pool({ connectionString: inject('databaseUrl'), max: 2 });
  afterAll(() => pool.end());
  return {
    ...clientOf(inject('apiUrl'), inject('tokens')),
    nbctl: controlPlane.nbctl,
    sbctl: controlPlane.sbctl,
    trace: controlPlane.trace,
    kubectl: controlPlane.kubectlOf(inject('operatorKubeconfigPath')),
    query: async <Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[]) =>
      (await pool.query<Row>(sql, [...values])).rows,
  };
}
