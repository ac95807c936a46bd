/** Every variable of `npm run db:migrate`. `.env.example` documents them; a test compares the two. */
import { listOf, readSettings, type Setting, type SettingsOf, text, urlWith } from '@netplane/domain';

export const migrateSettings = {
  DATABASE_URL: urlWith(['postgres:', 'postgresql:'], {
    help: 'PostgreSQL (15 or newer) and a login that may create roles, later one that is a member of netplane_owner',
  }),
  API_LOGIN_PASSWORD: text({
    default: '',
    help: 'password of netplane_api_login; empty: the login is not touched',
  }),
  WORKER_LOGIN_PASSWORD: text({
    default: '',
    help: 'password of netplane_worker_login; empty: the login is not touched',
  }),
  BOOTSTRAP_ISSUER_URL: text({
    default: '',
    help: 'OIDC issuer whose tokens may carry the claim platform_admin; empty: none is made or changed',
  }),
  BOOTSTRAP_ISSUER_AUDIENCE: listOf((audience) => audience, {
    default: 'netplane',
    help: 'audiences that the bootstrap issuer puts into its tokens for Netplane',
  }),
} as const satisfies Record<string, Setting<unknown>>;

export type MigrateSettings = SettingsOf<typeof migrateSettings>;

/** @throws SettingsError with a line per bad variable */
export function readMigrateSettings(environment: NodeJS.ProcessEnv): MigrateSettings {
  return readSettings(migrateSettings, environment);
}
