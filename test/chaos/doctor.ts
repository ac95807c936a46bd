/** `npm run doctor` on a lane: a second look at what has to hold, by the product's own code and as its operator runs it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Lane } from './stage/lane.ts';

const MAIN = fileURLToPath(new URL('../../apps/worker/src/doctor/main.ts', import.meta.url));
const TIMEOUT_MS = 60_000;

interface Report {
  readonly differences: readonly {
    readonly kind: string;
    readonly subject: string;
    readonly detail: string;
  }[];
}

/** A line for each difference that it finds, or for why it could not look. */
export async function askDoctor({ doctorEnvironment }: Lane): Promise<readonly string[]> {
  const { code, stdout, stderr } = await runDoctor(doctorEnvironment);
  if (code !== 0 && code !== 1) return [`doctor: ended with ${code}: ${stderr.trim()}`];
  const { differences } = JSON.parse(stdout) as Report; // what --json promises
  const lines = differences.map(({ kind, subject, detail }) => `doctor: ${kind} ${subject} ${detail}`);
  if (lines.length === 0 && code === 1) return ['doctor: found something and does not say what'];
  return lines;
}

interface Ended {
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runDoctor(environment: Readonly<Record<string, string>>): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const env = { ...process.env, ...environment };
  execFile(process.execPath, [MAIN, '--json'], { env, timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
    const code = error === null ? 0 : (error.code ?? error.signal ?? null);
    resolve({ code, stdout, stderr });
  });
  return promise;
}
