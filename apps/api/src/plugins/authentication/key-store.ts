/**
 * Public keys of an issuer. They are fetched once and again when they are old or a token names an unknown key, at most
 * once per cool-down, so that a flood of made-up key ids does not reach the issuer. While it is down, the last good
 * keys serve.
 */

import { assertIssuerUrl, NetplaneError } from '@netplane/domain';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

export interface KeyStoreOptions {
  readonly issuerUrl: string;
  /** `null`: found by OIDC discovery. */
  readonly jwksUri: string | null;
  /** Whether a discovered `jwks_uri` may be plain http; one that was set was checked then. */
  readonly allowHttp: boolean;
  readonly fetchJson: (url: string) => Promise<unknown>;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  readonly onFetchFailed: (error: unknown) => void;
}

const COOLDOWN_MS = 30_000;
/** While there are no keys at all nobody can call: it is tried again soon. */
const FIRST_COOLDOWN_MS = 1_000;
const MAX_AGE_MS = 600_000;

/** @throws NetplaneError `unavailable` while no keys have ever been fetched; jose's error for an unknown key */
export function createKeyStore(options: KeyStoreOptions): JWTVerifyGetKey {
  let keys: JWTVerifyGetKey | undefined;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;

  async function fetchKeys(): Promise<void> {
    triedAt = options.clock();
    try {
      const set = await options.fetchJson(options.jwksUri ?? (await discoverJwksUri(options)));
      keys = createLocalJWKSet(set as JSONWebKeySet); // createLocalJWKSet throws for anything else
      fetchedAt = options.clock();
    } catch (error) {
      options.onFetchFailed(error);
    }
  }

  /** One fetch at a time; none within the cool-down of the last. */
  async function refresh(): Promise<void> {
    const cooldownMs = keys === undefined ? FIRST_COOLDOWN_MS : COOLDOWN_MS;
    if (running === undefined && options.clock() - triedAt < cooldownMs) return;
    running ??= fetchKeys().finally(() => {
      running = undefined;
    });
    await running;
  }

  return async (header, token) => {
    if (options.clock() - fetchedAt > MAX_AGE_MS) await refresh();
    if (keys === undefined) {
      throw new NetplaneError('unavailable', {
        detail: 'The keys of the token issuer cannot be fetched now.',
      });
    }
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await refresh();
      return keys(header, token);
    }
  };
}

/** OIDC discovery; the document must speak for the same issuer. */
async function discoverJwksUri({ issuerUrl, allowHttp, fetchJson }: KeyStoreOptions): Promise<string> {
  const document = await fetchJson(`${issuerUrl.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const { issuer, jwks_uri: jwksUri } = document as { issuer?: unknown; jwks_uri?: unknown }; // checked below
  if (issuer !== issuerUrl || typeof jwksUri !== 'string') {
    throw new Error(`the discovery document of ${issuerUrl} names another issuer or no jwks_uri`);
  }
  assertIssuerUrl(jwksUri, '/jwks_uri', allowHttp);
  return jwksUri;
}
