/** The first platform issuer: without it nobody could call the API that makes issuers. */
import type { IssuerAlgorithm, IssuerId } from '@netplane/domain';
import pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { roles } from '../migrate/roles.ts';
import { prismaOver } from '../prisma/prisma.ts';

export interface BootstrapIssuer {
  readonly name: string;
  readonly issuerUrl: string;
  readonly audiences: readonly string[];
  readonly algorithms: readonly IssuerAlgorithm[];
}

/**
 * Makes the platform issuer of that name, or gives it the URL and audiences; its id, and so every subject, stays.
 * @param url login that is `netplane_owner` or may become it
 */
export async function bootstrapIssuer(url: string, issuer: BootstrapIssuer): Promise<IssuerId> {
  const pool = new pg.Pool({ connectionString: url, max: 1, options: `-c role=${roles.owner}` });
  const prisma = prismaOver(pool);
  try {
    const { name, issuerUrl } = issuer;
    const audiences = [...issuer.audiences];
    const algorithms = [...issuer.algorithms];
    const known = await prisma.issuer.findFirst({ where: { name, organizationId: null, deletedAt: null } });
    const row =
      known === null
        ? await prisma.issuer.create({ data: { id: uuidv7(), name, issuerUrl, audiences, algorithms } })
        : await prisma.issuer.update({ where: { id: known.id }, data: { issuerUrl, audiences, algorithms } });
    return row.id as IssuerId; // the table holds ids of issuers
  } finally {
    await prisma.$disconnect();
    await pool.end();
  }
}
