/** A second OIDC issuer: serves discovery and keys, and signs whatever a test wants signed. */

import type { webcrypto } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from 'jose';
import { afterAll } from 'vitest';

interface SigningKey {
  readonly kid: string;
  readonly privateKey: webcrypto.CryptoKey;
  readonly publicJwk: JWK;
}

export interface IssuerServer {
  readonly url: string;
  /** A token of this issuer for the audience `netplane`, good for an hour; claims win over these. */
  sign(claims: Readonly<Record<string, unknown>>, header?: Partial<JWTHeaderParameters>): Promise<string>;
  /** Whether requests are answered at all; otherwise their connections are cut. */
  answer(doesAnswer: boolean): void;
}

const HOUR_SECONDS = 3_600;

/** Started at once, stopped after the tests of the file. */
export async function startIssuerServer(): Promise<IssuerServer> {
  const state = { key: await makeKey('first'), doesAnswer: true };
  const server = createServer((request, response) => {
    if (!state.doesAnswer) request.socket.destroy();
    else serve(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
  function serve(request: IncomingMessage, response: ServerResponse): void {
    const documents: Record<string, () => object> = {
      '/.well-known/openid-configuration': () => ({ issuer: url, jwks_uri: `${url}/keys` }),
      '/keys': () => ({ keys: [state.key.publicJwk] }),
    };
    const document = documents[request.url ?? '']?.();
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(document ?? {}));
  }
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url,
    sign: (claims, header = {}) =>
      new SignJWT({ iss: url, aud: 'netplane', exp: secondsFromNow(HOUR_SECONDS), ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: state.key.kid, ...header })
        .sign(state.key.privateKey),
    answer(doesAnswer) {
      state.doesAnswer = doesAnswer;
    },
  };
}

function secondsFromNow(seconds: number): number {
  return Math.floor(Date.now() / 1_000) + seconds;
}

async function makeKey(kid: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  return { kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } };
}
