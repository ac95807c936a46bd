/** What a test file plays on: a database and an API process of its own, and the demo's world in them. */
import { afterAll, beforeAll } from 'vitest';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { createWorld, type World, type WorldOptions } from '../../support/world.ts';

export interface Stage {
  readonly api: TestApi;
  readonly database: TestDatabase;
  readonly world: World;
}

export interface StageOptions extends WorldOptions {
  /** Variables of the API process besides those of `startTestApi`. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Registers the hooks that set the stage and take it down; its parts are there once the tests run. */
export function useStage(options: StageOptions = {}): Stage {
  const opened: { stage?: Stage } = {};
  beforeAll(async () => {
    const database = await createTestDatabase();
    const api = await startTestApi(database, options.environment);
    opened.stage = { api, database, world: await createWorld(api, database, options) };
  });
  afterAll(async () => {
    await opened.stage?.api.stop();
    await opened.stage?.database.drop();
  });
  const part = <Name extends keyof Stage>(name: Name): Stage[Name] => {
    if (opened.stage === undefined) throw new Error('the stage is not set before the tests run');
    return opened.stage[name];
  };
  return {
    get api() {
      return part('api');
    },
    get database() {
      return part('database');
    },
    get world() {
      return part('world');
    },
  };
}

/** Whole blocks of a large number, so that no test meets a default limit by chance. */
export const roomyQuotas = {
  DEFAULT_QUOTA_PROJECTS: '1000',
  DEFAULT_QUOTA_CLOUD_EIPS: '5000',
  DEFAULT_QUOTA_PUBLIC_EIPS: '500',
  DEFAULT_QUOTA_PROJECT_ADDRESSES: '16777216',
} as const;
