import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Credentials } from './credentials.ts';
import { httpsStatus } from './https-status.ts';
import { networkPlan } from './network-plan.ts';
import { chooseFreePorts, isFreePort } from './ports.ts';
import type { RunningProgram } from './program.ts';
import type { Surroundings } from './surroundings.ts';
import { waitFor } from './wait.ts';

const timeoutMs = 90_000;

/** A kube-apiserver with open watches takes up to half a minute to end; a test does not wait for that. */
const stopGraceMs = 2_000;

export interface ApiServer {
  readonly url: string;
  /** PEM, for kubeconfigs. */
  readonly certificateAuthority: string;
  /** Ends it like a crash with a short grace; its clients see refused connections. */
  stop(): Promise<void>;
  /** Starts it again on the same port, with the same certificate and data. Throws when it is running. */
  start(): Promise<void>;
}

/** Starts kube-apiserver and resolves when /readyz answers 200. */
export async function startApiServer(
  surroundings: Surroundings,
  credentials: Credentials,
  etcdUrl: string,
): Promise<ApiServer> {
  const [port = 0] = await chooseFreePorts(1);
  const url = `https://127.0.0.1:${port}`;
  // kube-apiserver writes a certificate of its own here and takes the same one when it starts again.
  const certificates = join(surroundings.stateDirectory, 'api-server');
  const readCertificates = () => readFile(join(certificates, 'apiserver.crt'), 'utf8');
  let program: RunningProgram | undefined;
  const start = async () => {
    if (program?.running()) throw new Error('kube-apiserver is running already');
    if (!(await isFreePort(port)))
      throw new Error(`port ${port} of kube-apiserver was taken by another program`);
    const started = await surroundings.start({
      name: 'kube-apiserver',
      path: surroundings.binaries['kube-apiserver'],
      args: apiServerFlags(port, certificates, etcdUrl, credentials),
    });
    program = started;
    await waitFor('kube-apiserver', { timeoutMs, givenUp: started.death }, async () => {
      const status = await httpsStatus(`${url}/readyz`, await readCertificates());
      return status === 200 ? true : undefined;
    });
  };
  await start();
  return {
    url,
    certificateAuthority: await readCertificates(),
    start,
    stop: async () => program?.stop(stopGraceMs),
  };
}

function apiServerFlags(
  port: number,
  certificates: string,
  etcdUrl: string,
  credentials: Credentials,
): readonly string[] {
  return [
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    // An address for the Service `kubernetes` that nothing uses; a loopback address is refused.
    '--advertise-address=192.0.2.1',
    '--endpoint-reconciler-type=none',
    `--cert-dir=${certificates}`,
    `--etcd-servers=${etcdUrl}`,
    '--authorization-mode=RBAC',
    `--token-auth-file=${credentials.tokenFile}`,
    `--authentication-config=${credentials.authenticationFile}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${credentials.serviceAccountPublicKeyFile}`,
    `--service-account-signing-key-file=${credentials.serviceAccountKeyFile}`,
    `--service-cluster-ip-range=${networkPlan.serviceCidr}`,
    '--profiling=false',
  ];
}
