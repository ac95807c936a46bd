/** What browsers of other origins may do, and what a single credential may ask for. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { expectRefusal } from '../support/refusals.ts';
import { useStage } from '../support/stage.ts';

const PORTAL = 'https://portal.example';
const BURST = 5;

const stage = useStage();

function preflight(api: TestApi, origin: string): Promise<Response> {
  return fetch(`${api.url}/v1/eips`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,idempotency-key,prefer,if-match',
    },
  });
}

describe('a browser', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi(stage.database, { CORS_ORIGINS: PORTAL });
  });
  afterAll(() => api.stop());

  it('of a listed origin may send what the API takes and read what it answers', async () => {
    const asked = await preflight(api, PORTAL);
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, PORTAL]);
    expect(asked.headers.get('access-control-allow-credentials')).toBeNull();
    for (const name of ['Authorization', 'Idempotency-Key', 'Prefer', 'If-Match', 'If-None-Match']) {
      expect(asked.headers.get('access-control-allow-headers')).toContain(name);
    }
    const answer = await api.call('GET', '/v1/me', { headers: { origin: PORTAL } });
    expect(answer.headers.get('access-control-allow-origin')).toBe(PORTAL);
    for (const name of ['ETag', 'Location', 'Retry-After', 'Idempotency-Replayed', 'X-Request-Id']) {
      expect(answer.headers.get('access-control-expose-headers')).toContain(name);
    }
  });

  it('of any other origin is told nothing', async () => {
    const asked = await preflight(api, 'https://elsewhere.example');
    expect(asked.headers.get('access-control-allow-origin')).not.toBe('https://elsewhere.example');
    const { headers } = await api.call('GET', '/v1/me', { headers: { origin: 'https://elsewhere.example' } });
    expect(headers.get('access-control-allow-origin')).not.toBe('https://elsewhere.example');
  });

  it.each([
    ['an answer', '/v1/me', 200],
    ['a refusal', '/v1/nothing', 404],
  ])('is told with %s what it may make of it: nothing', async (_, path, status) => {
    const answer = await stage.api.call('GET', path);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('x-frame-options')).toBe('SAMEORIGIN');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(answer.headers.get('strict-transport-security')).toBeNull();
  });

  it('of no origin is let in where none is listed', async () => {
    const { headers } = await stage.api.call('GET', '/v1/me', { headers: { origin: PORTAL } });
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('a credential', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi(stage.database, { RATE_LIMIT_PER_SECOND: '1', RATE_LIMIT_BURST: String(BURST) });
  });
  afterAll(() => api.stop());

  it('that asks for more than its burst is told when to come again, and no other one with it', async () => {
    for (let request = 0; request < BURST; request += 1) {
      expect((await api.call('GET', '/v1/me', { as: 'acme_owner' })).status).toBe(200);
    }
    const refused = await api.call('GET', '/v1/me', { as: 'acme_owner' });
    expect(expectRefusal(refused, { status: 429, code: 'rate_limited' }).retryable).toBe(true);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await api.call('GET', '/v1/me', { as: 'acme_viewer' })).status).toBe(200);
  });
});
