/** `npm run db:migrate`: brings a database up to date, and makes what the first call to the API needs. */
import { SettingsError } from '@netplane/domain';
import { bootstrapIssuer } from '../issuer/issuer-bootstrap.repository.ts';
import { type MigrateSettings, readMigrateSettings } from './config.ts';
import { migrate } from './migrate.ts';

const BOOTSTRAP_ISSUER = { name: 'platform', algorithms: ['ES256', 'RS256'] } as const;

try {
  await run(readMigrateSettings(process.env));
} catch (error) {
  console.error(error instanceof SettingsError ? error.message : error);
  process.exitCode = 1;
}

async function run(settings: MigrateSettings): Promise<void> {
  const { DATABASE_URL: url, API_LOGIN_PASSWORD: api, WORKER_LOGIN_PASSWORD: worker } = settings;
  const passwords = { ...(api === '' ? {} : { api }), ...(worker === '' ? {} : { worker }) };
  const applied = await migrate({ url, passwords, log: (line) => console.log(line) });
  console.log(applied.length === 0 ? 'The schema is up to date.' : `Applied ${applied.length} migrations.`);
  const { BOOTSTRAP_ISSUER_URL: issuerUrl, BOOTSTRAP_ISSUER_AUDIENCE: audiences } = settings;
  if (issuerUrl === '') return;
  await bootstrapIssuer(url, { ...BOOTSTRAP_ISSUER, issuerUrl, audiences });
  console.log(`Tokens of ${issuerUrl} may call the API.`);
}
