import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The users that the harness runs as: all of them system:masters, told apart in the audit and in managed fields. */
const users = ['admin', 'kube-controller-manager', 'kube-ovn-controller'] as const;
type User = (typeof users)[number];

export interface Credentials {
  readonly tokens: Readonly<Record<User, string>>;
  readonly tokenFile: string;
  readonly authenticationFile: string;
  readonly serviceAccountKeyFile: string;
  readonly serviceAccountPublicKeyFile: string;
}

/** Writes the static tokens and the key that signs ServiceAccount tokens into `directory`, readable by its owner only. */
export async function createCredentials(directory: string): Promise<Credentials> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const tokens = Object.fromEntries(users.map((user) => [user, randomBytes(24).toString('hex')]));
  const rows = users.map((user) => `${tokens[user]},${user},${user},system:masters\n`);
  const tokenFile = await writeSecret(directory, 'tokens.csv', rows.join(''));
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return {
    tokens: tokens as Record<User, string>,
    tokenFile,
    authenticationFile: await writeSecret(directory, 'authentication.yaml', authenticationConfiguration),
    serviceAccountKeyFile: await writeSecret(directory, 'service-account.key', privateKey),
    serviceAccountPublicKeyFile: await writeSecret(directory, 'service-account.pub', publicKey),
  };
}

export interface KubeconfigUser {
  readonly name: string;
  readonly token: string;
  readonly namespace?: string;
}

/** Writes a kubeconfig with one cluster and one token and answers its path. */
export async function writeKubeconfig(
  path: string,
  apiServer: { readonly url: string; readonly certificateAuthority: string },
  user: KubeconfigUser,
): Promise<string> {
  const { url, certificateAuthority } = apiServer;
  const authority = Buffer.from(certificateAuthority).toString('base64');
  const context = { cluster: 'local', user: user.name, namespace: user.namespace ?? 'default' };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'local', cluster: { server: url, 'certificate-authority-data': authority } }],
    users: [{ name: user.name, user: { token: user.token } }],
    contexts: [{ name: 'local', context }],
    'current-context': 'local',
  };
  await writeFile(path, JSON.stringify(config, undefined, 2), { mode: 0o600 });
  return path;
}

async function writeSecret(directory: string, name: string, content: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content, { mode: 0o600 });
  return path;
}

/** Nobody is let in without a token, but for the health probes. */
const authenticationConfiguration = `
apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
anonymous:
  enabled: true
  conditions:
    - path: /livez
    - path: /readyz
    - path: /healthz
`;
