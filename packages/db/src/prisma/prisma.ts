/** Prisma over the same pool: for platform tables, away from the hot path (ADR 0004). */
import { PrismaPg } from '@prisma/adapter-pg';
import type { Pool } from 'pg';
import { PrismaClient } from './generated/client.ts';

/** The pool stays its owner's: disconnecting the client leaves it open. */
export function prismaOver(pool: Pool): PrismaClient {
  return new PrismaClient({ adapter: new PrismaPg(pool, { disposeExternalPool: false }) });
}
