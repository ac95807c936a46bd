/** What every API process of the tests has: any free ports, issuers without TLS, limits out of the way. */
export const apiEnvironment = {
  HOST: '127.0.0.1',
  PORT: '0',
  ADMIN_PORT: '0',
  CURSOR_SECRET: 'a secret that only the tests know, long enough',
  ALLOW_HTTP_ISSUERS: 'true',
  RATE_LIMIT_PER_SECOND: '100000',
  RATE_LIMIT_BURST: '1000000',
} as const;
