/** Which tokens count: by issuer, audience, time, algorithm and signature. */
import { UnsecuredJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { issuerBody } from '../../support/builders/issuer.builder.ts';
import { type IssuerServer, startIssuerServer } from '../support/issuer-server.ts';
import { expectRefusal } from '../support/refusals.ts';
import { useStage } from '../support/stage.ts';

const stage = useStage();
const HOUR_SECONDS = 3_600;

let server: IssuerServer;
beforeAll(async () => {
  server = await startIssuerServer();
  const body = issuerBody({ issuer_url: server.url, audiences: ['netplane'], algorithms: ['ES256'] });
  await stage.api.must('POST', '/v1/issuers', { body });
});

function now(): number {
  return Math.floor(Date.now() / 1_000);
}

async function ask(token: string) {
  return stage.api.call('GET', '/v1/me', { token });
}

describe('a token', () => {
  it('counts from a known issuer, for one of its audiences, in its time', async () => {
    for (const claims of [{}, { aud: ['elsewhere', 'netplane'] }, { nbf: now() - HOUR_SECONDS }]) {
      expect((await ask(await server.sign({ sub: 'someone', ...claims }))).status).toBe(200);
    }
  });

  it.each([
    ['expired', () => ({ exp: now() - HOUR_SECONDS })],
    ['not yet good', () => ({ nbf: now() + HOUR_SECONDS })],
    ['of another audience', () => ({ aud: 'elsewhere' })],
    ['of no audience', () => ({ aud: undefined })],
    ['of an issuer that nobody knows', () => ({ iss: 'https://nobody.example' })],
    ['of no issuer', () => ({ iss: undefined })],
    ['of nobody', () => ({ sub: undefined })],
    ['good for ever', () => ({ exp: undefined })],
  ])('is refused that is %s', async (_, claimsOf) => {
    const token = await server.sign({ sub: 'someone', ...claimsOf() });
    expectRefusal(await ask(token), { status: 401, code: 'unauthenticated' });
  });

  it('is refused that has no signature, or another one', async () => {
    const claims = { sub: 'someone', iss: server.url, aud: 'netplane', exp: now() + HOUR_SECONDS };
    expectRefusal(await ask(new UnsecuredJWT(claims).encode()), { status: 401, code: 'unauthenticated' });
    const [header, , signature] = (await server.sign({ sub: 'someone' })).split('.');
    const payload = Buffer.from(JSON.stringify({ ...claims, platform_admin: true })).toString('base64url');
    expectRefusal(await ask(`${header}.${payload}.${signature}`), { status: 401, code: 'unauthenticated' });
  });

  it('is refused where its algorithm is not on the issuer’s list', async () => {
    const body = issuerBody({
      issuer_url: `${server.url}/rsa`,
      audiences: ['netplane'],
      algorithms: ['RS256'],
    });
    await stage.api.must('POST', '/v1/issuers', { body: { ...body, jwks_uri: `${server.url}/keys` } });
    const token = await server.sign({ sub: 'someone', iss: `${server.url}/rsa` });
    expectRefusal(await ask(token), { status: 401, code: 'unauthenticated' });
  });

  it('is remembered no longer than it is good', async () => {
    const token = await server.sign({ sub: 'short', exp: now() - 3 }); // within the tolerance of clocks
    expect((await ask(token)).status).toBe(200);
    await expect.poll(async () => (await ask(token)).status, { timeout: 8_000 }).toBe(401);
  });

  it('is taken from the header only', async () => {
    const token = await server.sign({ sub: 'someone' });
    const answer = await stage.api.call('GET', `/v1/me?access_token=${token}`, {
      as: null,
      headers: { cookie: `token=${token}` },
    });
    expectRefusal(answer, { status: 401, code: 'unauthenticated' });
  });

  it('counts while its issuer is down, once its keys are known', async () => {
    server.answer(false);
    expect((await ask(await server.sign({ sub: 'later' }))).status).toBe(200);
    server.answer(true);
  });
});
