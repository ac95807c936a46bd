/** Every variable of the API process. `.env.example` documents them; a test compares the two. */
import {
  clusterModes,
  flag,
  integer,
  listOf,
  oneOf,
  PROJECT_PREFIX_MAX,
  PROJECT_PREFIX_MIN,
  parseCidr,
  type ReservedCidr,
  readSettings,
  type Setting,
  type SettingsOf,
  text,
  urlWith,
} from '@netplane/domain';

const PORT_MAX = 65_535;
const QUOTA_MAX = Number.MAX_SAFE_INTEGER;

export const apiSettings = {
  DATABASE_URL: urlWith(['postgres:', 'postgresql:'], {
    help: 'PostgreSQL (15 or newer) and a login that is a member of netplane_api and netplane_platform',
  }),
  DATABASE_POOL_SIZE: integer({
    default: '16',
    min: 2,
    max: 500,
    help: 'connections for tenants; as many again for the platform',
  }),
  HOST: text({ default: '0.0.0.0', help: 'address that the API listens on' }),
  PORT: integer({ default: '8080', min: 0, max: PORT_MAX, help: 'port of the API' }),
  ADMIN_HOST: text({ default: '127.0.0.1', help: 'address of /metrics' }),
  ADMIN_PORT: integer({
    default: '9090',
    min: 0,
    max: PORT_MAX,
    help: 'port of /metrics, for the platform only',
  }),
  LOG_LEVEL: oneOf(['debug', 'info', 'warn', 'error'], {
    default: 'info',
    help: 'least severe lines to log',
  }),
  CURSOR_SECRET: text({ minLength: 32, help: 'signs page cursors; the same in every API process' }),
  CORS_ORIGINS: listOf(parseOrigin, {
    default: '',
    help: 'origins whose pages may call the API, comma-separated',
  }),
  TRUST_PROXY: flag({ default: 'false', help: 'believe X-Forwarded-For of the proxy in front' }),
  API_DOCS: flag({ default: 'false', help: 'serve the API reference under /docs' }),
  GRAPHIQL: flag({ default: 'false', help: 'serve GraphiQL under /graphiql' }),
  GRAPHQL_INTROSPECTION: flag({ default: 'false', help: 'answer introspection queries' }),
  RATE_LIMIT_PER_SECOND: integer({
    default: '300',
    min: 1,
    max: 1_000_000,
    help: 'requests a second and credential',
  }),
  RATE_LIMIT_BURST: integer({
    default: '3000',
    min: 1,
    max: 10_000_000,
    help: 'requests at once and credential',
  }),
  ALLOW_HTTP_ISSUERS: flag({ default: 'false', help: 'accept issuers without TLS (sandbox and tests only)' }),
  DEFAULT_CLUSTER_MODE: oneOf(clusterModes, {
    default: 'observe',
    help: 'mode of a cluster that names none',
  }),
  DEFAULT_QUOTA_PROJECTS: integer({
    default: '20',
    min: 0,
    max: QUOTA_MAX,
    help: 'projects of a new organization',
  }),
  DEFAULT_QUOTA_CLOUD_EIPS: integer({
    default: '50',
    min: 0,
    max: QUOTA_MAX,
    help: 'cloud EIPs of a new organization',
  }),
  DEFAULT_QUOTA_PUBLIC_EIPS: integer({
    default: '5',
    min: 0,
    max: QUOTA_MAX,
    help: 'public EIPs of a new organization',
  }),
  DEFAULT_QUOTA_PROJECT_ADDRESSES: integer({
    default: '1048576',
    min: 0,
    max: QUOTA_MAX,
    help: 'addresses of project CIDRs of a new organization (a /22 takes 1024)',
  }),
  PROJECT_CIDR_POOL: {
    default: '10.0.0.0/8',
    help: 'where automatic project CIDRs come from',
    parse: parseIpv4Cidr,
  },
  PROJECT_CIDR_PREFIX: integer({
    default: '22',
    min: PROJECT_PREFIX_MIN,
    max: PROJECT_PREFIX_MAX,
    help: 'prefix length of an automatic project CIDR',
  }),
  RESERVED_CIDRS: listOf(parseReserved, {
    default: '10.100.0.0/16=management pods,10.101.0.0/16=services,172.30.0.0/22=join network',
    help: 'ranges that no project may have, each CIDR=what reserves it',
  }),
} as const satisfies Record<string, Setting<unknown>>;

export type ApiSettings = SettingsOf<typeof apiSettings>;

/** @throws SettingsError with a line per bad variable */
export function readApiSettings(environment: NodeJS.ProcessEnv): ApiSettings {
  return readSettings(apiSettings, environment);
}

function parseOrigin(value: string): string {
  const url = URL.parse(value);
  if (url === null || url.origin !== value)
    throw new Error('must be an origin such as https://portal.example');
  return value;
}

function parseIpv4Cidr(value: string): string {
  if (parseCidr(value).kind !== 'ipv4') throw new Error('must be a canonical IPv4 CIDR such as 10.0.0.0/8');
  return value;
}

function parseReserved(value: string): ReservedCidr {
  const [cidr = '', reservedBy = ''] = value.split('=', 2);
  if (reservedBy === '') throw new Error('must be CIDR=reason, e.g. 10.100.0.0/16=management pods');
  return { cidr: parseIpv4Cidr(cidr), reservedBy };
}
