import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));

export interface CommandEnd {
  readonly isGood: boolean;
  /** Both streams, in the order they came. */
  readonly output: string;
}

/**
 * Runs a program in the checkout until it ends.
 * @param echo whether its output is shown while it runs
 */
export function runCommand(
  command: readonly string[],
  { echo }: { readonly echo: boolean },
): Promise<CommandEnd> {
  const [program = '', ...parameters] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, {
      cwd: CHECKOUT,
      stdio: echo ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ isGood: code === 0, output: Buffer.concat(chunks).toString('utf8') }),
    );
  });
}
