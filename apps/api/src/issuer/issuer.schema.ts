import { issuerAlgorithms } from '@netplane/domain';
import { Type } from 'typebox';
import {
  type CreateBody,
  idOf,
  labelsRequest,
  nameField,
  nullable,
  onCreate,
  onUpdate,
  type PatchBody,
  resourceProperties,
} from '../plugins/resource/fields.ts';
import type { ResourceSchema } from '../plugins/resource/resource-schema.ts';

const URL_LENGTH_MAX = 2048;

const issuerUrl = Type.String({
  minLength: 1,
  maxLength: URL_LENGTH_MAX,
  description: 'The `iss` claim, compared exactly',
});
const audiences = Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
  minItems: 1,
  maxItems: 16,
  uniqueItems: true,
  description: "A token's `aud` must hold one of these",
});
const jwksUri = nullable(
  Type.String({ minLength: 1, maxLength: URL_LENGTH_MAX, description: 'null: found by OIDC discovery' }),
);
const algorithms = Type.Array(Type.Enum([...issuerAlgorithms]), {
  minItems: 1,
  uniqueItems: true,
  description: 'Signature algorithms that its tokens may use',
});

const fields = {
  organization_id: onCreate(
    Type.Optional(nullable(idOf('organization', "Its tokens act only there; null: the platform's issuer"))),
  ),
  name: onCreate(nameField),
  issuer_url: onCreate(issuerUrl),
  audiences: onUpdate(audiences),
  jwks_uri: onUpdate(Type.Optional(jwksUri), jwksUri),
  algorithms: onUpdate(Type.Optional(algorithms), algorithms),
  labels: labelsRequest,
};

const view = Type.Object(
  {
    ...resourceProperties('issuer'),
    organization_id: nullable(idOf('organization', "null: the platform's")),
    name: nameField,
    issuer_url: issuerUrl,
    audiences,
    jwks_uri: jwksUri,
    algorithms,
  },
  { $id: 'Issuer', description: 'An OIDC issuer whose access tokens are accepted' },
);

export const issuerSchema = {
  kind: 'issuer',
  hasName: true,
  summary: 'OIDC issuers whose tokens are accepted',
  fields,
  view,
  filters: {
    organization_id: {
      schema: idOf('organization', 'Bound to this organization'),
      column: 'organization_id',
      idKind: 'organization',
    },
  },
} as const satisfies ResourceSchema;

export type CreateIssuerBody = CreateBody<typeof fields>;
export type PatchIssuerBody = PatchBody<typeof fields>;
