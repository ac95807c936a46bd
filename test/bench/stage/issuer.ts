/** An issuer with keys of its own: it signs a token for anybody, which the API checks as it checks every token. */
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { AUDIENCE } from '../../../apps/sandbox/src/identity/provider.ts';

export interface BenchIssuer {
  readonly url: string;
  /** A token of this subject, good for 12 hours. */
  tokenOf(subject: string, claims?: Readonly<Record<string, unknown>>): Promise<string>;
  stop(): Promise<void>;
}

export async function startIssuer(): Promise<BenchIssuer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const key = { ...(await exportJWK(publicKey)), alg: 'ES256', use: 'sig', kid: 'bench' };
  const server = createServer((request, response) => {
    const document = request.url === '/jwks' ? { keys: [key] } : { issuer: url(), jwks_uri: `${url()}/jwks` };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(document));
  });
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject).listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;

  function url(): string {
    const address = server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  return {
    url: url(),
    tokenOf: (subject, claims = {}) =>
      new SignJWT({ ...claims, email: `${subject}@bench.example` })
        .setProtectedHeader({ alg: 'ES256', kid: 'bench' })
        .setIssuer(url())
        .setAudience(AUDIENCE)
        .setSubject(subject)
        .setExpirationTime('12h')
        .sign(privateKey),
    async stop() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}
