/** What the sandbox keeps between starts, in `.netplane` of the checkout. Removing the folder is a factory reset. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportJWK, generateKeyPair, type JWK } from 'jose';

export interface SandboxState {
  /** Names this sandbox: a folder elsewhere belongs to it only with the same token. */
  readonly token: string;
  readonly passwords: {
    readonly superuser: string;
    readonly owner: string;
    readonly api: string;
    readonly worker: string;
  };
  readonly cursorSecret: string;
  /** Private signing key of the identity provider. */
  readonly signingKey: JWK;
  readonly clientSecret: string;
  /** Ports of the last start by name, tried again. */
  readonly ports: Readonly<Record<string, number>>;
}

const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url));

export const stateDirectory = join(CHECKOUT, '.netplane');

export const files = {
  state: join(stateDirectory, 'state.json'),
  /** For scripts: URLs and tokens of the running sandbox. */
  sandbox: join(stateDirectory, 'sandbox.json'),
  pid: join(stateDirectory, 'pid'),
  kubeconfig: join(stateDirectory, 'kubeconfig'),
  cluster: join(stateDirectory, 'cluster'),
  logs: join(stateDirectory, 'logs'),
} as const;

export async function loadState(): Promise<SandboxState> {
  await mkdir(files.logs, { recursive: true });
  const text = await readFile(files.state, 'utf8').catch(() => undefined);
  if (text !== undefined) return JSON.parse(text) as SandboxState; // written below
  const state = await newState();
  await saveState(state);
  return state;
}

export async function saveState(state: SandboxState): Promise<void> {
  await writeSecret(files.state, state);
}

/** For the owner's eyes only, and never half-written. */
export async function writeSecret(path: string, content: object): Promise<void> {
  const unfinished = `${path}.new`;
  await writeFile(unfinished, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  await rename(unfinished, path);
}

/**
 * Marks this process as the sandbox of the checkout.
 * @throws Error when another one runs
 */
export async function claimCheckout(): Promise<void> {
  await mkdir(stateDirectory, { recursive: true });
  const pid = Number(await readFile(files.pid, 'utf8').catch(() => '0'));
  if (pid > 0 && pid !== process.pid && (await isSandbox(pid))) {
    throw new Error(`A sandbox of this checkout runs already (process ${pid}). Stop it first.`);
  }
  await writeFile(files.pid, String(process.pid));
  await rm(files.sandbox, { force: true }); // left by a sandbox that was killed
}

/** Process ids are reused: only a process that was started as the sandbox counts. */
async function isSandbox(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => 'apps/sandbox');
  return command.includes('apps/sandbox');
}

async function newState(): Promise<SandboxState> {
  const secret = () => randomBytes(24).toString('base64url');
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return {
    token: secret(),
    passwords: { superuser: secret(), owner: secret(), api: secret(), worker: secret() },
    cursorSecret: randomBytes(32).toString('base64url'),
    signingKey: { ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: secret() },
    clientSecret: secret(),
    ports: {},
  };
}
