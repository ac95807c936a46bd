import { exportJWK, generateKeyPair, type JWK, jwtVerify, SignJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { createKeyStore } from './key-store.ts';

const ISSUER = 'https://issuer.example';
const MINUTE_MS = 60_000;

interface Key {
  readonly jwk: JWK;
  readonly token: string;
}

async function makeKey(kid: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const token = await new SignJWT({}).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);
  return { jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' }, token };
}

/** An issuer that the test turns. */
interface FakeIssuer {
  keys: readonly Key[];
  isUp: boolean;
  now: number;
  jwksUri: string;
  fetched: string[];
}

let issuer: FakeIssuer;
let first: Key;
beforeEach(async () => {
  first = await makeKey('first');
  issuer = { keys: [first], isUp: true, now: 0, jwksUri: `${ISSUER}/keys`, fetched: [] };
});

function openStore(allowHttp = false) {
  return createKeyStore({
    issuerUrl: ISSUER,
    jwksUri: null,
    allowHttp,
    clock: () => issuer.now,
    onFetchFailed: () => {},
    async fetchJson(url) {
      issuer.fetched.push(url);
      if (!issuer.isUp) throw new Error('the issuer is down');
      const isDiscovery = url.endsWith('/.well-known/openid-configuration');
      return isDiscovery
        ? { issuer: ISSUER, jwks_uri: issuer.jwksUri }
        : { keys: issuer.keys.map(({ jwk }) => jwk) };
    },
  });
}

function fetchesOfKeys(): number {
  return issuer.fetched.filter((url) => url === issuer.jwksUri).length;
}

describe('the keys of an issuer', () => {
  it('are fetched once for many tokens at once', async () => {
    const store = openStore();
    await Promise.all(Array.from({ length: 20 }, () => jwtVerify(first.token, store)));
    expect(fetchesOfKeys()).toBe(1);
  });

  it('are fetched again for a key that is new after a rotation', async () => {
    const store = openStore();
    await jwtVerify(first.token, store);
    const second = await makeKey('second');
    issuer.keys = [second];
    issuer.now += MINUTE_MS;
    await jwtVerify(second.token, store);
    expect(fetchesOfKeys()).toBe(2);
    await expect(jwtVerify(first.token, store)).rejects.toThrow(); // its key is withdrawn
  });

  it('are asked for once per cool-down by a flood of made-up key ids', async () => {
    const store = openStore();
    await jwtVerify(first.token, store);
    const flood = async () => {
      const forged = await Promise.all(Array.from({ length: 20 }, (_, n) => makeKey(`forged-${n}`)));
      const results = await Promise.allSettled(forged.map(({ token }) => jwtVerify(token, store)));
      expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    };
    await flood();
    expect(fetchesOfKeys()).toBe(1);
    issuer.now += MINUTE_MS;
    await flood();
    await flood();
    expect(fetchesOfKeys()).toBe(2);
  });

  it('that were good last serve while the issuer is down', async () => {
    const store = openStore();
    await jwtVerify(first.token, store);
    issuer.isUp = false;
    issuer.now += 60 * MINUTE_MS;
    await jwtVerify(first.token, store);
  });

  it('that were never fetched answer unavailable, and are there when the issuer is up again', async () => {
    const store = openStore();
    issuer.isUp = false;
    await expect(jwtVerify(first.token, store)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(jwtVerify(first.token, store)).rejects.toMatchObject({ code: 'unavailable' });
    expect(issuer.fetched).toHaveLength(1); // the second came too soon to ask again
    issuer.isUp = true;
    issuer.now += 1_000;
    await jwtVerify(first.token, store);
  });

  it('are not taken over plain http from a discovery document, unless the settings allow it', async () => {
    issuer.jwksUri = 'http://issuer.example/keys';
    await expect(jwtVerify(first.token, openStore())).rejects.toMatchObject({ code: 'unavailable' });
    expect(fetchesOfKeys()).toBe(0);
    await jwtVerify(first.token, openStore(true));
  });
});
