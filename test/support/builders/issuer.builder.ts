import type { CreateIssuerBody } from '../../../apps/api/src/issuer/issuer.schema.ts';
import { uniqueName } from './unique-name.ts';

/** Body of `POST /v1/issuers`: a platform issuer that nobody serves; later changes win. */
export function issuerBody(...changes: readonly Partial<CreateIssuerBody>[]): CreateIssuerBody {
  const name = uniqueName('issuer');
  return Object.assign(
    { name, issuer_url: `https://${name}.example`, audiences: ['netplane'], algorithms: ['ES256'] },
    ...changes,
  );
}
