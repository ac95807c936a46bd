/** Every field of every type is answered as the schema says it is: a `!` that is not kept would null the whole answer. */
import { readFileSync } from 'node:fs';
import { camelCase, pascalCase } from '@netplane/domain';
import { buildSchema, type GraphQLOutputType, getNamedType, isObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createValid, kindNames } from '../integration/support/each-kind.ts';
import { roomyQuotas, useStage } from '../integration/support/stage.ts';
import { useWorker } from '../integration/support/worker.ts';
import { CHECKOUT } from '../runner/run-command.ts';

const stage = useStage({ environment: roomyQuotas });
const worker = useWorker(stage);

const schema = buildSchema(readFileSync(`${CHECKOUT}openapi/schema.graphql`, 'utf8'));
const DEPTH = 4;

/** All fields without arguments, and those inside them; other kinds by their id only. */
function selectionOf(type: GraphQLOutputType, depth = 0): string {
  const named = getNamedType(type);
  if (!isObjectType(named)) return '';
  const isOtherKind = depth > 0 && 'id' in named.getFields() && 'revision' in named.getFields();
  if (isOtherKind) return '{ id }';
  const fields = Object.values(named.getFields()).flatMap((field) => {
    if (field.args.length > 0 || depth === DEPTH) return [];
    const inner = selectionOf(field.type, depth + 1);
    return isObjectType(getNamedType(field.type)) && inner === '' ? [] : [`${field.name} ${inner}`];
  });
  return `{ ${fields.join(' ')} }`;
}

function typeNamed(name: string): GraphQLOutputType {
  const type = schema.getType(name);
  if (!isObjectType(type)) throw new Error(`the schema has no type ${name}`);
  return type;
}

async function expectWhole(query: string, variables: object, as: string): Promise<unknown> {
  const answer = await stage.api.graphql<Record<string, unknown>>(query, variables, { as });
  expect(answer.errors).toBeUndefined();
  const [value] = Object.values(answer.data);
  expect(value).not.toBeNull();
  return value;
}

/** Kinds that a viewer reads too. */
const readable = ['project', 'cluster', 'external-network', 'eip', 'quota'];

describe.each(kindNames)('%s', (kind) => {
  const query = `query ($id: ID!) { ${camelCase(kind)}(id: $id) ${selectionOf(typeNamed(pascalCase(kind)))} }`;

  it('is answered whole to a platform administrator', async () => {
    const { id } = await createValid(stage, kind);
    await expectWhole(query, { id }, 'platform_admin');
  });

  it.runIf(readable.includes(kind))('is answered whole to a member', async () => {
    const { id } = await createValid(stage, kind);
    await expectWhole(query, { id }, 'acme_viewer');
  });
});

describe('a condition', () => {
  const query = `query ($id: ID!) { eip(id: $id) { status ${selectionOf(typeNamed('Status'))} } }`;
  const condition = {
    type: 'AddressBound',
    status: 'false',
    reason: 'AddressTaken',
    message: 'Something else holds it.',
    params: {},
    waiting_on: null,
    last_transition_at: '2026-01-01T00:00:00Z',
    observed_revision: 1,
  } as const;

  it.each(['platform_admin', 'acme_viewer'])(
    'is answered whole with and without operator detail to %s',
    async (as) => {
      const { id } = await createValid(stage, 'eip');
      const told = { ...condition, type: 'Told', operator_detail: 'OvnEip of somebody' };
      await worker.report('eip', id, 'provisioning', [condition, told]);
      const detail = as === 'platform_admin' ? 'OvnEip of somebody' : null;
      const value = await expectWhole(query, { id }, as);
      expect(value).toMatchObject({
        status: { conditions: [{ operatorDetail: null }, { operatorDetail: detail }] },
      });
    },
  );
});

describe('a problem', () => {
  const mutation = `mutation ($input: CreateEipInput!) { createEip(input: $input) {
    __typename ... on Problem ${selectionOf(typeNamed('Problem'))} } }`;

  it('is answered whole, with and without detail and holder', async () => {
    const { id: projectId } = await createValid(stage, 'project');
    const input = { projectId, name: 'taken' };
    await stage.api.must('POST', '/v1/eips', { body: { project_id: projectId, name: 'taken' } });
    for (const [refused, code] of [
      [input, 'name_taken'],
      [{ ...input, name: 'No Name' }, 'invalid_request'],
      [{ ...input, name: 'other', address: '10.9.9.9' }, 'address_out_of_range'],
    ] as const) {
      const value = await expectWhole(mutation, { input: refused }, 'acme_owner');
      expect(value).toMatchObject({ __typename: 'Problem', code });
    }
  });
});

describe('me', () => {
  it.each(['platform_admin', 'acme_owner'])('is answered whole to %s', async (as) => {
    await expectWhole(`{ me ${selectionOf(typeNamed('Me'))} }`, {}, as);
  });
});
