import {
  deleteIssuer as bury,
  updateIssuer as changeIssuer,
  findIssuer,
  createIssuer as insertIssuer,
  listIssuers,
} from '@netplane/db';
import {
  assertIssuerUrl,
  authorize,
  type Issuer,
  type IssuerId,
  notFound,
  parseId,
  type Scope,
} from '@netplane/domain';
import { callerOf } from '../context.ts';
import { canonicalJson } from '../plugins/http/idempotency.ts';
import { patchedLabels, type ResourceService } from '../plugins/resource/service.ts';
import type { CreateIssuerBody, PatchIssuerBody } from './issuer.schema.ts';

export const issuerService: ResourceService<Issuer, CreateIssuerBody, PatchIssuerBody> = {
  kind: 'issuer',

  async create(ctx, body) {
    const scope = authorize(ctx.actor, 'issuer.create');
    const allowHttp = ctx.settings.ALLOW_HTTP_ISSUERS;
    assertIssuerUrl(body.issuer_url, '/issuer_url', allowHttp);
    const jwksUri = body.jwks_uri ?? null;
    if (jwksUri !== null) assertIssuerUrl(jwksUri, '/jwks_uri', allowHttp);
    const organizationId = body.organization_id
      ? (parseId('organization', body.organization_id) ?? null)
      : null;
    if (body.organization_id && organizationId === null) throw notFound('/organization_id');
    return insertIssuer(ctx.database, scope, callerOf(ctx), {
      id: ctx.newId() as IssuerId,
      organizationId,
      name: body.name,
      issuerUrl: body.issuer_url,
      audiences: body.audiences,
      jwksUri,
      algorithms: body.algorithms ?? ['ES256', 'RS256', 'PS256', 'EdDSA'],
      labels: body.labels ?? {},
    });
  },

  async get(ctx, id) {
    return findIssuer(ctx.database, ownersOnly(authorize(ctx.actor, 'issuer.get')), id as IssuerId);
  },

  async list(ctx, request) {
    return listIssuers(ctx.database, ownersOnly(authorize(ctx.actor, 'issuer.list')), request);
  },

  async update(ctx, { id, expectedRevision, patch }) {
    const scope = authorize(ctx.actor, 'issuer.update');
    if (patch.jwks_uri) assertIssuerUrl(patch.jwks_uri, '/jwks_uri', ctx.settings.ALLOW_HTTP_ISSUERS);
    return changeIssuer(ctx.database, scope, callerOf(ctx), {
      id,
      expectedRevision,
      decide(current) {
        const change = {
          audiences: patch.audiences ?? current.audiences,
          jwksUri: patch.jwks_uri === undefined ? current.jwksUri : patch.jwks_uri,
          algorithms: patch.algorithms ?? current.algorithms,
          labels: patchedLabels(current.labels, patch.labels),
        };
        const { audiences, jwksUri, algorithms, labels } = current;
        const isSame = canonicalJson(change) === canonicalJson({ audiences, jwksUri, algorithms, labels });
        return isSame ? undefined : change;
      },
    });
  },

  async delete(ctx, request) {
    const scope = authorize(ctx.actor, 'issuer.delete');
    await bury(ctx.database, scope, callerOf(ctx), request);
    return undefined;
  },
};

/** Members who may not read issuers see none of any organization in which they only are members. */
function ownersOnly(scope: Scope): Scope {
  return scope.kind === 'platform' ? scope : { ...scope, visible: scope.permitted };
}
