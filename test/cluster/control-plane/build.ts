import { join } from 'node:path';
import { cacheDirectory, type Log, withLock } from './cache.ts';
import { assertGo, ensureGoBinaries, type GoBinaries, hasGoBinaries } from './go-programs.ts';
import { ensureOvnBinaries, hasOvnBinaries, type OvnBinaries } from './ovn-programs.ts';

/** Paths of everything that the control plane runs. */
export type Binaries = GoBinaries & OvnBinaries;

/**
 * Builds or downloads what the cache does not hold yet and answers where everything is: minutes the first
 * time, milliseconds later. Two runs at once build once. `log` gets a line as each program starts and ends.
 * Throws an Error that says what this machine lacks (Linux, Go, apt with a Debian mirror, setpriv).
 */
export async function ensureBuilt(log: Log): Promise<Binaries> {
  if (process.platform !== 'linux') throw new Error('the real control plane runs on Linux only');
  const cache = cacheDirectory();
  const ensure = async () => ({
    ...(await ensureOvnBinaries(cache, log)),
    ...(await ensureGoBinaries(cache, log)),
  });
  const hasGo = await hasGoBinaries(cache);
  if (hasGo && hasOvnBinaries(cache)) return ensure();
  if (!hasGo) await assertGo();
  return withLock(join(cache, 'lock'), log, ensure);
}

/** Whether everything is in the cache, so that a control plane starts without building. */
export async function isControlPlaneBuilt(): Promise<boolean> {
  const cache = cacheDirectory();
  return process.platform === 'linux' && hasOvnBinaries(cache) && (await hasGoBinaries(cache));
}
