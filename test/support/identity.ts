import { exportJWK, generateKeyPair } from 'jose';
import { personas } from '../../apps/sandbox/src/identity/personas.ts';
import { startIdentityProvider } from '../../apps/sandbox/src/identity/provider.ts';
import { choosePorts } from '../../apps/sandbox/src/ports.ts';

export interface TestIdentity {
  readonly issuerUrl: string;
  readonly tokens: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** The sandbox's issuer with keys of its own, and a token of every persona. */
export async function startTestIdentity(): Promise<TestIdentity> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const signingKey = { ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'test' };
  const { identity: port = 0 } = await choosePorts(['identity'], {});
  const provider = await startIdentityProvider({
    port,
    signingKey,
    clientSecret: 'client-secret-of-the-tests',
  });
  const entries = await Promise.all(
    personas.map(async ({ key, subject }) => [key, await provider.tokenOf(subject)] as const),
  );
  return { issuerUrl: provider.issuerUrl, tokens: Object.fromEntries(entries), stop: () => provider.stop() };
}
