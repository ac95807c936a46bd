/** Building blocks of request and response schemas. */
import {
  idPattern,
  type Kind,
  LABELS_MAX,
  labelKeyPattern,
  labelValuePattern,
  namePattern,
  phases,
  reasons,
} from '@netplane/domain';
import { type Static, type TObject, type TSchema, Type } from 'typebox';

/** A reference to a component, in the form that fastify resolves. */
export function refTo(component: string) {
  return Type.Unsafe<object>({ $ref: `${component}#` });
}

export function nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

export function idOf(kind: Kind, description: string) {
  return Type.String({ pattern: idPattern(kind), description });
}

export const nameField = Type.String({
  pattern: namePattern,
  maxLength: 63,
  description: 'DNS label of at most 63 characters, unique among its siblings',
});

const labelKey = { type: 'string', pattern: labelKeyPattern, maxLength: 316 };
const labelValue = { type: 'string', pattern: labelValuePattern, maxLength: 63 };

/** `propertyNames` says in OpenAPI what keys are allowed; a record's `patternProperties` would be lost there. */
const labelsField = Type.Unsafe<Record<string, string>>({
  type: 'object',
  propertyNames: labelKey,
  additionalProperties: labelValue,
  maxProperties: LABELS_MAX,
  description: "The caller's own labels, as Kubernetes allows them",
});

/** In a merge patch: `null` removes one label, or all. */
const labelsPatch = nullable(
  Type.Unsafe<Record<string, string | null>>({
    type: 'object',
    propertyNames: labelKey,
    additionalProperties: { anyOf: [labelValue, { type: 'null' }] },
    maxProperties: LABELS_MAX * 2,
  }),
);

export const timestamp = Type.String({ format: 'date-time', description: 'RFC 3339, UTC' });

/** When a field of a request may be sent: `create` only, also in an `update`, or in an `update` only. */
export type Mutability = 'create' | 'update' | 'update-only';

export interface RequestField {
  readonly schema: TSchema;
  readonly mutability: Mutability;
  /** In a merge patch, where it differs. */
  readonly patchSchema?: TSchema;
}

export type RequestFields = Readonly<Record<string, RequestField>>;

export function onCreate<T extends TSchema>(schema: T) {
  return { schema, mutability: 'create' as const };
}

export function onUpdate<T extends TSchema, P extends TSchema = T>(schema: T, patchSchema?: P) {
  return { schema, mutability: 'update' as const, patchSchema: patchSchema ?? schema };
}

export function onUpdateOnly<T extends TSchema>(schema: T) {
  return { schema, mutability: 'update-only' as const };
}

/** `labels` of every kind: optional at creation, merged by a patch. */
export const labelsRequest = onUpdate(Type.Optional(labelsField), labelsPatch);

type CreatableKeys<F extends RequestFields> = {
  [K in keyof F]: F[K]['mutability'] extends 'update-only' ? never : K;
}[keyof F];
type OptionalKeys<F extends RequestFields> = {
  [K in keyof F]: F[K]['schema'] extends { '~optional': true } ? K : never;
}[keyof F];
type UpdatableKeys<F extends RequestFields> = {
  [K in keyof F]: F[K]['mutability'] extends 'create' ? never : K;
}[keyof F];

export type CreateBody<F extends RequestFields> = {
  [K in Exclude<CreatableKeys<F>, OptionalKeys<F>>]: Static<F[K]['schema']>;
} & {
  [K in Extract<CreatableKeys<F>, OptionalKeys<F>>]?: Static<F[K]['schema']> | undefined;
};
export type PatchBody<F extends RequestFields> = {
  [K in UpdatableKeys<F>]?: F[K] extends { patchSchema: infer P extends TSchema }
    ? Static<P>
    : Static<F[K]['schema']>;
};

/** Body of a POST: every field, marked with its mutability. */
export function createSchema(fields: RequestFields): TObject {
  const sendable = Object.entries(fields).filter(([, field]) => field.mutability !== 'update-only');
  const properties = sendable.map(([name, field]) => [name, marked(field.schema, field.mutability)]);
  return Type.Object(Object.fromEntries(properties), { additionalProperties: false });
}

/** Body of a PATCH (JSON merge patch): what may change, all of it optional. */
export function patchSchema(fields: RequestFields): TObject {
  const updatable = Object.entries(fields).filter(([, field]) => field.mutability !== 'create');
  const properties = updatable.map(([name, field]) => [
    name,
    Type.Optional(marked(field.patchSchema ?? field.schema, field.mutability)),
  ]);
  return Type.Object(Object.fromEntries(properties), { additionalProperties: false });
}

/** A copy with the mark; TypeBox keeps what makes a field optional in hidden properties, which a spread would drop. */
function marked(schema: TSchema, mutability: Mutability): TSchema {
  const value = mutability === 'create' ? 'create' : 'update';
  return Object.defineProperties(
    {},
    { ...Object.getOwnPropertyDescriptors(schema), 'x-mutability': { value, enumerable: true } },
  ) as TSchema; // a copy of one
}

export const ConditionSchema = Type.Object(
  {
    type: Type.String(),
    status: Type.Union([Type.Literal('true'), Type.Literal('false'), Type.Literal('unknown')]),
    reason: Type.String({
      description: `A fixed word; an open list. Known: ${Object.keys(reasons).join(', ')}`,
    }),
    message: Type.String({ description: 'What to do next' }),
    params: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
    waiting_on: nullable(Type.String({ description: 'caller, platform or cluster' })),
    last_transition_at: timestamp,
    observed_revision: Type.Integer(),
    operator_detail: Type.Optional(Type.String({ description: 'For platform administrators only' })),
  },
  { $id: 'Condition' },
);

export const StatusSchema = Type.Object(
  {
    phase: Type.String({ enum: [...phases] }),
    conditions: Type.Array(refTo('Condition')),
    revision: Type.Integer({ description: 'Counts changes of the status' }),
    observed_revision: Type.Integer({ description: 'The revision that phase and conditions speak of' }),
    updated_at: timestamp,
    next_try_at: nullable(timestamp),
    message: Type.String(),
  },
  { $id: 'Status' },
);

/** Fields that every resource has besides its own. */
export function resourceProperties(kind: Kind) {
  return {
    id: idOf(kind, 'TypeID'),
    labels: labelsField,
    revision: Type.Integer({ minimum: 1, description: 'Moves with the desired state' }),
    created_at: timestamp,
    updated_at: timestamp,
    status: refTo('Status'),
  };
}
