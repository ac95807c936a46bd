/** A disk of a few megabytes in memory, which can be full. */
import { execFile } from 'node:child_process';
import { mkdir, rename, rm, statfs, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

export interface SmallDisk {
  /** Takes all the room that is left, and goes on doing so until it is freed. */
  fill(): Promise<void>;
  free(): Promise<void>;
  /** Away for whoever looks for it; whoever has it open keeps it until he ends. */
  detach(): Promise<void>;
}

const run = promisify(execFile);

/**
 * Moves a folder onto a disk of its own, under the same path. Nobody may use it meanwhile.
 * @param room mebibytes beyond what is there
 * @throws Error that begins with `missing:` where this user may not mount
 */
export async function moveToSmallDisk(folder: string, room: number): Promise<SmallDisk> {
  const before = `${folder}.before`;
  const { stdout } = await run('du', ['-sm', folder]);
  const size = Number(stdout.split('\t')[0]) + room;
  await rename(folder, before);
  await mkdir(folder);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${size}m,mode=0700`, 'tmpfs', folder]).catch(
    async (error) => {
      await rm(folder, { recursive: true });
      await rename(before, folder);
      throw new Error(`missing: the right to mount a tmpfs (root): ${error}`);
    },
  );
  await run('cp', ['-a', `${before}/.`, folder]);
  const ballast = join(folder, 'ballast');
  return {
    async fill() {
      await writeFile(ballast, '');
      const { bavail, bsize } = await statfs(folder);
      await writeFile(ballast, Buffer.alloc(bavail * bsize)).catch(ignoreNoRoom);
    },
    async free() {
      await truncate(ballast);
      await rm(ballast);
    },
    async detach() {
      await run('umount', ['--lazy', folder]);
    },
  };
}

/** The folder stays where it is for whoever looks, and lies elsewhere: what is full beside it does not concern it. */
export async function moveAside(folder: string): Promise<string> {
  const aside = join(dirname(dirname(folder)), `${folder.slice(folder.lastIndexOf('/') + 1)}.aside`);
  await run('cp', ['-a', folder, aside]);
  await rm(folder, { recursive: true });
  await symlink(aside, folder);
  return aside;
}

function ignoreNoRoom(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOSPC') throw error;
}
