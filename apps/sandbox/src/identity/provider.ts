/** An OIDC issuer for the sandbox: oidc-provider with one machine client per persona and JWT access tokens. */
import { createServer, type Server } from 'node:http';
import type { JWK } from 'jose';
import Provider, { type Adapter, type ClientMetadata, type Configuration } from 'oidc-provider';
import { personas } from './personas.ts';

export interface IdentityOptions {
  readonly port: number;
  readonly signingKey: JWK;
  readonly clientSecret: string;
}

export interface IdentityProvider {
  readonly issuerUrl: string;
  /** A fresh access token of that persona, good for 12 hours. */
  tokenOf(persona: string): Promise<string>;
  stop(): Promise<void>;
}

export const AUDIENCE = 'netplane';
const TOKEN_SECONDS = 12 * 60 * 60;

export async function startIdentityProvider(options: IdentityOptions): Promise<IdentityProvider> {
  const issuerUrl = `http://127.0.0.1:${options.port}`;
  const provider = new Provider(issuerUrl, configuration(options));
  // development only: the sandbox speaks plain HTTP on loopback
  const server = createServer(provider.callback());
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(options.port, '127.0.0.1', resolve);
  await promise;
  return {
    issuerUrl,
    tokenOf: (persona) => requestToken(issuerUrl, persona, options.clientSecret),
    stop: () => close(server),
  };
}

function configuration({ signingKey, clientSecret }: IdentityOptions): Configuration {
  return {
    clients: personas.map(
      ({ subject }): ClientMetadata => ({
        client_id: subject,
        client_secret: clientSecret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: 'ES256',
      }),
    ),
    adapter: NothingStored,
    jwks: { keys: [signingKey as never] }, // the same JWK, typed by another package
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE_URI,
        getResourceServerInfo: () => ({
          scope: '',
          audience: AUDIENCE,
          accessTokenTTL: TOKEN_SECONDS,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    ttl: { ClientCredentials: TOKEN_SECONDS },
    extraTokenClaims: (_, token) => personas.find(({ subject }) => subject === token.clientId)?.claims ?? {},
  };
}

/** Client credentials and JWT access tokens leave nothing to remember. */
class NothingStored implements Adapter {
  async upsert(): Promise<void> {}
  async find(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}
  async findByUid(): Promise<undefined> {}
  async consume(): Promise<void> {}
  async destroy(): Promise<void> {}
  async revokeByGrantId(): Promise<void> {}
}

/** Resource indicators are URIs; the audience in the token is the short word. */
const AUDIENCE_URI = 'urn:netplane:api';

async function requestToken(issuerUrl: string, persona: string, secret: string): Promise<string> {
  const response = await fetch(`${issuerUrl}/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${persona}:${secret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const body = (await response.json()) as { access_token?: string }; // RFC 6749 §5.1
  if (!response.ok || body.access_token === undefined) {
    throw new Error(`no token for ${persona}: ${response.status} ${JSON.stringify(body)}`);
  }
  return body.access_token;
}

async function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  await promise;
}
