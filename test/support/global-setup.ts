/** Once per run: a PostgreSQL with a migrated template database, and an identity provider. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startTestIdentity } from './identity.ts';
import { startTestPostgres } from './postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Superuser, database `postgres`. */
    readonly postgresUrl: string;
    readonly issuerUrl: string;
    /** Access tokens by persona of the sandbox. */
    readonly tokens: Readonly<Record<string, string>>;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'netplane-test-'));
  const [postgres, identity] = await Promise.all([startTestPostgres(directory), startTestIdentity()]);
  project.provide('postgresUrl', postgres.url);
  project.provide('issuerUrl', identity.issuerUrl);
  project.provide('tokens', identity.tokens);
  return async () => {
    await Promise.all([postgres.stop(), identity.stop()]);
    await rm(directory, { recursive: true, force: true });
  };
}
