import { statSync } from 'node:fs';
import type { RequestOptions } from 'node:https';

/** Where the kubeconfig comes from: a path, a text, or the pod's own service account. */
export interface ConfigSource {
  readonly kubeconfigPath?: string;
  readonly kubeconfig?: string;
  readonly inCluster?: boolean;
  readonly context?: string;
}

/** What every request needs: the server, its TLS material and the headers that authenticate. */
export interface Credentials {
  readonly server: URL;
  readonly tls: Readonly<Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'servername'>>;
  readonly headers: Readonly<Record<string, string>>;
}

export interface CredentialSource {
  /** Current credentials, at most `CREDENTIALS_TTL_MS` old. Throws plain errors of files and plugins. */
  current(): Promise<Credentials>;
  /** Forget them: the server has refused the token. */
  invalidate(): void;
}

/** What is used of `KubeConfig` of `@kubernetes/client-node`, which only `client-node.ts` imports. */
interface LoadableConfig {
  readonly currentContext: string;
  loadFromString(text: string): void;
  loadFromFile(path: string): void;
  loadFromCluster(): void;
  setCurrentContext(name: string): void;
  getCurrentCluster(): { readonly server: string; readonly proxyUrl?: string | undefined } | null;
  applyToHTTPSOptions(options: RequestOptions): Promise<void>;
}

/** Token files, exec plugins and a kubeconfig changed on disk are looked at again after this long. */
const CREDENTIALS_TTL_MS = 10_000;

/**
 * Loads the configuration once and its credentials again and again, since service account tokens rotate on disk.
 * `@kubernetes/client-node` reads the files and runs the plugins. Throws at once when there is no configuration.
 */
export function createCredentialSource(
  source: ConfigSource,
  { newConfig, monotonicNow }: { newConfig: () => LoadableConfig; monotonicNow: () => number },
): CredentialSource {
  let config = loadConfig(source, newConfig());
  let loadedMtime = mtimeOf(source);
  let cached: { readonly credentials: Promise<Credentials>; readonly at: number } | undefined;
  return {
    current: () => {
      if (cached !== undefined && monotonicNow() - cached.at < CREDENTIALS_TTL_MS) return cached.credentials;
      const mtime = mtimeOf(source);
      if (mtime !== loadedMtime) {
        config = loadConfig(source, newConfig());
        loadedMtime = mtime;
      }
      const credentials = readCredentials(config);
      cached = { credentials, at: monotonicNow() };
      credentials.catch(() => {
        cached = undefined; // a plugin that failed is asked again by the next call, which reports its own error
      });
      return credentials;
    },
    invalidate: () => {
      cached = undefined;
    },
  };
}

function loadConfig(source: ConfigSource, config: LoadableConfig): LoadableConfig {
  if (source.kubeconfig !== undefined) config.loadFromString(source.kubeconfig);
  else if (source.kubeconfigPath !== undefined) config.loadFromFile(source.kubeconfigPath);
  else if (source.inCluster === true) config.loadFromCluster();
  else throw new Error('a Kubernetes client needs kubeconfigPath, kubeconfig or inCluster');
  if (source.context !== undefined) config.setCurrentContext(source.context);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error(`the kubeconfig has no cluster for context ${config.currentContext}`);
  if (cluster.proxyUrl !== undefined) throw new Error('proxy-url in a kubeconfig is not supported');
  return config;
}

async function readCredentials(config: LoadableConfig): Promise<Credentials> {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error('the kubeconfig lost its current cluster');
  const options: RequestOptions = { headers: {} };
  await config.applyToHTTPSOptions(options);
  const { ca, cert, key, rejectUnauthorized, servername, auth } = options;
  const headers = textHeaders(options.headers);
  if (auth) headers.Authorization ??= `Basic ${Buffer.from(auth).toString('base64')}`;
  const tls = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    ...(servername === undefined ? {} : { servername }),
  };
  return { server: new URL(cluster.server), tls, headers };
}

function textHeaders(headers: RequestOptions['headers']): Record<string, string> {
  const entries = Object.entries(headers ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value).trim()]));
}

/** Time of the kubeconfig's last change; 0 when the configuration is not a file. */
function mtimeOf(source: ConfigSource): number {
  if (source.kubeconfig !== undefined || source.kubeconfigPath === undefined) return 0;
  return statSync(source.kubeconfigPath).mtimeMs;
}
