import { type Issuer, presentId } from '@netplane/domain';
import { presentedResource } from '../plugins/resource/presented.ts';

export function presentIssuer(issuer: Issuer) {
  return presentedResource('issuer', issuer, {
    organization_id: issuer.organizationId && presentId('organization', issuer.organizationId),
    name: issuer.name,
    issuer_url: issuer.issuerUrl,
    audiences: issuer.audiences,
    jwks_uri: issuer.jwksUri,
    algorithms: issuer.algorithms,
  });
}
