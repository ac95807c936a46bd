/** What GraphQL answers beside data: faults of documents, refusals as data, limits. */
import { describe, expect, it } from 'vitest';
import type { GraphqlError } from '../../support/api.ts';
import { eipBody } from '../../support/builders/eip.builder.ts';
import { projectBody } from '../../support/builders/project.builder.ts';
import { unknownId } from '../support/refusals.ts';
import { useStage } from '../support/stage.ts';
import type { EipView, ProjectView } from '../support/views.ts';

const stage = useStage();

interface GraphqlAnswer<T = unknown> {
  readonly data: T | null;
  readonly errors?: readonly GraphqlError[];
}

async function ask<T>(query: string, variables: object = {}, as = 'acme_owner') {
  return stage.api.call<GraphqlAnswer<T>>('POST', '/graphql', { as, body: { query, variables } });
}

const eips = (first: number, inner: string) => `eips(first: ${first}) { nodes { ${inner} } }`;

describe('a document', () => {
  it.each([
    ['cannot be parsed', '{ me {', /Syntax Error/],
    ['asks for what is not there', '{ nonsense }', /nonsense/],
    ['sends what is not taken', '{ eip(id: 5, name: "a") { id } }', /name/],
    ['leaves out what is demanded', '{ eip { id } }', /id/],
    ['is too deep', `{ ${'project(id: "a") { organization { '.repeat(12)} id ${'} }'.repeat(12)} }`, /./],
    ['may answer too much', `{ projects(first: 200) { nodes { ${eips(200, 'id')} } } }`, /limit/],
  ])('that %s is refused with a message that says so', async (_, query, message) => {
    const { status, body } = await ask(query);
    expect([status, body.data]).toEqual([400, null]);
    expect(body.errors?.[0]?.extensions.code).toBe('invalid_request');
    expect(body.errors?.[0]?.message).toMatch(message);
  });

  it('reads the whole tree of a project in one go', async () => {
    const project = await stage.api.must<ProjectView>('POST', '/v1/projects', {
      body: projectBody(stage.world.acmeId),
    });
    const eip = await stage.api.must<EipView>('POST', '/v1/eips', {
      body: eipBody(project.id, { labels: { a: 'b' } }),
    });
    const query = `query ($id: ID!) { project(id: $id) { name cidr status { phase }
      eips(first: 5, filter: { purpose: "general" }) { nodes { id address labels attachedTo { kind } project { id } } } } }`;
    const { body } = await ask(query, { id: project.id });
    const node = {
      id: eip.id,
      address: eip.address,
      labels: { a: 'b' },
      attachedTo: [],
      project: { id: project.id },
    };
    expect(body).toEqual({
      data: {
        project: {
          name: project.name,
          cidr: project.cidr,
          status: { phase: 'pending' },
          eips: { nodes: [node] },
        },
      },
    });
  });
});

describe('a refusal', () => {
  const create = `mutation ($input: CreateEipInput!) { createEip(input: $input) {
    __typename ... on Problem { code detail params errors { pointer } } } }`;

  it('of a mutation is data, with the code, detail, params and pointers of REST', async () => {
    const input = { projectId: unknownId('project'), name: 'web' };
    const { status, body } = await ask<{ createEip: object }>(create, { input });
    expect([status, body.errors]).toEqual([200, undefined]);
    const errors = [{ pointer: '/projectId' }];
    expect(body.data?.createEip).toMatchObject({ __typename: 'Problem', code: 'not_found', errors });
  });

  it('of one mutation lets the others of the document happen', async () => {
    const project = await stage.api.must<ProjectView>('POST', '/v1/projects', {
      body: projectBody(stage.world.acmeId),
    });
    const query = `mutation ($bad: CreateEipInput!, $good: CreateEipInput!) {
      bad: createEip(input: $bad) { __typename } good: createEip(input: $good) { __typename } }`;
    const variables = {
      bad: { projectId: unknownId('project'), name: 'web' },
      good: { projectId: project.id, name: 'web' },
    };
    const { body } = await ask(query, variables);
    expect(body.data).toEqual({ bad: { __typename: 'Problem' }, good: { __typename: 'CreateEipPayload' } });
  });

  it('of a token is 401, of a foreign id null', async () => {
    const anonymous = await stage.api.call('POST', '/graphql', {
      as: null,
      body: { query: '{ me { subject } }' },
    });
    expect(anonymous.status).toBe(401);
    const query = '{ organization(id: "$") { id } }'.replace('$', stage.world.otherId);
    expect((await ask(query)).body).toEqual({ data: { organization: null } });
  });
});

describe('a mutation', () => {
  it('with an idempotency key happens once and says when it is replayed', async () => {
    const project = await stage.api.must<ProjectView>('POST', '/v1/projects', {
      body: projectBody(stage.world.acmeId),
    });
    const query = `mutation ($input: CreateEipInput!) { createEip(input: $input) {
      ... on CreateEipPayload { replayed eip { id } } } }`;
    const input = { projectId: project.id, name: 'once', idempotencyKey: 'graphql-once' };
    const [first, second] = [
      await ask<{ createEip: Made }>(query, { input }),
      await ask<{ createEip: Made }>(query, { input }),
    ];
    interface Made {
      readonly replayed: boolean;
      readonly eip: { readonly id: string };
    }
    expect(first.body.data?.createEip.replayed).toBe(false);
    expect(second.body.data?.createEip).toEqual({ replayed: true, eip: first.body.data?.createEip.eip });
  });

  it('with an expected revision that is not there any more changes nothing', async () => {
    const project = await stage.api.must<ProjectView>('POST', '/v1/projects', {
      body: projectBody(stage.world.acmeId),
    });
    const query = `mutation ($input: UpdateProjectInput!) { updateProject(input: $input) {
      __typename ... on Problem { code } } }`;
    const input = { id: project.id, labels: { a: 'b' }, expectedRevision: 7 };
    const { body } = await ask(query, { input });
    expect(body.data).toEqual({ updateProject: { __typename: 'Problem', code: 'precondition_failed' } });
  });
});
