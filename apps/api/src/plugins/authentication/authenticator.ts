/**
 * From a bearer token to an actor: the issuer must be a row, the token must be signed by one of its keys with one of
 * its algorithms for one of its audiences, and the holder's roles come from the database.
 *
 * A verified token is remembered by its hash until it expires, at most 60 s. Whatever changes issuers or role bindings
 * notifies every API process, which then forgets everything; while that channel is down nothing is remembered.
 */
import { hash } from 'node:crypto';
import { type ApiDatabase, findMemberships, findTrustedIssuer, type TrustedIssuer } from '@netplane/db';
import { type Actor, type IssuerId, NetplaneError } from '@netplane/domain';
import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';

export interface AuthenticatorOptions {
  readonly database: ApiDatabase;
  readonly makeKeyStore: (issuer: TrustedIssuer) => JWTVerifyGetKey;
  readonly now: () => Date;
}

export interface Authenticator {
  /** @throws NetplaneError `unauthenticated`; `unavailable` when the issuer's keys or the database are away */
  authenticate(token: string): Promise<Actor>;
  /** Forgets actors and issuers. */
  forget(): void;
  /** Whether changes elsewhere are heard of; until then nothing is remembered. */
  setListening(isListening: boolean): void;
}

const REMEMBER_MS = 60_000;
const TOKENS_MAX = 20_000;
const ISSUERS_MAX = 1_000;
const CLOCK_TOLERANCE_SECONDS = 5;
const GROUPS_MAX = 256;
const TOKEN_LENGTH_MAX = 16_384;

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const actors = new LRUCache<string, Actor>({ max: TOKENS_MAX });
  // `false`: known to be unknown, so that made-up issuers do not reach the database each time
  const issuers = new LRUCache<string, TrustedIssuer | false>({ max: ISSUERS_MAX, ttl: REMEMBER_MS });
  // keys outlive a change of the row: they belong to the issuer's URLs
  const keyStores = new LRUCache<string, JWTVerifyGetKey>({ max: ISSUERS_MAX });
  let isListening = false;
  let generation = 0;

  async function issuerOf(issuerUrl: string): Promise<TrustedIssuer> {
    const known = isListening ? issuers.get(issuerUrl) : undefined;
    const issuer = known ?? (await findTrustedIssuer(options.database, issuerUrl)) ?? false;
    if (isListening) issuers.set(issuerUrl, issuer);
    if (issuer === false) throw unauthenticated('The issuer of the token is not known here.');
    return issuer;
  }

  function keyStoreOf(issuer: TrustedIssuer): JWTVerifyGetKey {
    const key = `${issuer.issuerUrl} ${issuer.jwksUri ?? ''}`;
    const store = keyStores.get(key) ?? options.makeKeyStore(issuer);
    keyStores.set(key, store);
    return store;
  }

  async function verify(token: string): Promise<{ actor: Actor; expiresMs: number }> {
    const issuer = await issuerOf(claimedIssuer(token));
    const payload = await verifiedPayload(token, issuer, keyStoreOf(issuer), options.now());
    const memberships = await findMemberships(options.database, issuer.id, payload.sub, groupsOf(payload));
    const expiresMs = payload.exp * 1_000;
    return { actor: actorOf(payload, issuer, memberships, expiresMs), expiresMs };
  }

  return {
    async authenticate(token) {
      if (token.length > TOKEN_LENGTH_MAX) throw unauthenticated('The token is too long.');
      const digest = hash('sha256', token, 'base64');
      const remembered = isListening ? actors.get(digest) : undefined;
      if (remembered !== undefined) return remembered;
      const before = generation;
      const { actor, expiresMs } = await verify(token);
      const ttl = Math.min(REMEMBER_MS, expiresMs - options.now().getTime());
      // a change that was announced meanwhile may not be in what was read
      if (isListening && generation === before && ttl > 0) actors.set(digest, actor, { ttl });
      return actor;
    },
    forget() {
      generation += 1;
      actors.clear();
      issuers.clear();
    },
    setListening(value) {
      isListening = value;
      this.forget();
    },
  };
}

function actorOf(
  payload: VerifiedPayload,
  issuer: TrustedIssuer,
  memberships: Actor['memberships'],
  expiresMs: number,
): Actor {
  return {
    issuerId: issuer.id as IssuerId,
    issuerUrl: issuer.issuerUrl,
    subject: payload.sub,
    email: typeof payload.email === 'string' ? payload.email : null,
    platformAdmin: payload.platform_admin === true && issuer.organizationId === null,
    memberships,
    tokenExpiresAt: new Date(expiresMs).toISOString(),
  };
}

/** The `iss` of a token that nobody has verified yet: only good for finding the row to verify it with. */
function claimedIssuer(token: string): string {
  try {
    const { iss } = decodeJwt(token);
    if (typeof iss === 'string') return iss;
  } catch (cause) {
    throw unauthenticated('The token is not a JWT.', cause);
  }
  throw unauthenticated('The token has no issuer.');
}

type VerifiedPayload = JWTPayload & { readonly sub: string; readonly exp: number };

async function verifiedPayload(
  token: string,
  issuer: TrustedIssuer,
  keys: JWTVerifyGetKey,
  currentDate: Date,
): Promise<VerifiedPayload> {
  try {
    const { payload } = await jwtVerify<VerifiedPayload>(token, keys, {
      issuer: issuer.issuerUrl,
      audience: [...issuer.audiences],
      algorithms: [...issuer.algorithms],
      requiredClaims: ['sub', 'exp'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate,
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw unauthenticated('The token has expired.', error);
    if (error instanceof errors.JOSEError) throw unauthenticated('The token is not valid here.', error);
    throw error;
  }
}

function groupsOf(payload: JWTPayload): readonly string[] {
  const { groups } = payload;
  if (!Array.isArray(groups)) return [];
  return groups.filter((group): group is string => typeof group === 'string').slice(0, GROUPS_MAX);
}

function unauthenticated(detail: string, cause?: unknown): NetplaneError {
  return new NetplaneError('unauthenticated', cause === undefined ? { detail } : { detail, cause });
}
