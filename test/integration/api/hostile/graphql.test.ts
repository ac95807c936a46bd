/** Documents that are made to cost much, or to be taken for something else. Ordinary faults stand in ../graphql.test.ts. */
import { request } from 'node:http';
import { expect, it } from 'vitest';
import { type Answer, startTestApi } from '../../../support/api.ts';
import { useStage } from '../../support/stage.ts';

const stage = useStage();
/** More than any of these documents may take, on a busy machine too; in vain it would be minutes. */
const COST_MS = 10_000;

interface GraphqlAnswer {
  readonly data: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

function ask(query: unknown, more: object = {}): Promise<Answer<GraphqlAnswer>> {
  return stage.api.call<GraphqlAnswer>('POST', '/graphql', { as: 'acme_owner', body: { query, ...more } });
}

async function expectRefused(answer: Answer<GraphqlAnswer>): Promise<void> {
  expect([answer.status, answer.body.data, answer.body.errors?.[0]?.extensions.code]).toEqual([
    400,
    null,
    'invalid_request',
  ]);
  expect((await ask('{ me { subject } }')).status).toBe(200);
}

const repeated = (count: number, text: string | ((index: number) => string)) =>
  Array.from({ length: count }, (_, index) => (typeof text === 'string' ? text : text(index))).join(' ');

const bombs: Readonly<Record<string, string>> = {
  'braces without end': '{'.repeat(50_000),
  'brackets without end': `{ eips(filter: { id: ${'['.repeat(40_000)}`,
  'values as deep as they go': `{ eips(filter: { id: ${'['.repeat(900)}${']'.repeat(900)} }) { nodes { id } } }`,
  'one field, many times': `{ me { ${repeated(30_000, 'subject')} } }`,
  'many aliases': `{ ${repeated(5_000, (index) => `a${index}: me { subject }`)} }`,
  'aliases of large pages': `{ ${repeated(60, (index) => `a${index}: eips(first: 200) { nodes { id project { id } } }`)} }`,
  'mutations by the hundred': `mutation { ${repeated(600, (index) => `a${index}: deleteEip(input: { id: "eip_x" }) { __typename }`)} }`,
  'a fragment of itself': '{ me { ...A } } fragment A on Me { subject ...A }',
  'fragments in a circle':
    '{ me { ...A } } fragment A on Me { ...B } fragment B on Me { ...C } fragment C on Me { ...A }',
  'fragments that double': `{ me { ...F0 } } ${repeated(20, (index) => `fragment F${index} on Me { ...F${index + 1} ...F${index + 1} organizations { id } }`)}`,
  'a thousand fragments': `{ me { subject } } ${repeated(1_000, (index) => `fragment F${index} on Me { subject }`)}`,
  'directives by the thousand': `{ me { subject ${repeated(3_000, '@skip(if: false)')} } }`,
  'variables by the thousand': `query (${repeated(3_000, (index) => `$v${index}: ID`)}) { me { subject } }`,
  'operations by the thousand': repeated(2_000, (index) => `query q${index} { me { subject } }`),
  'a number that is too large': '{ eips(first: 99999999999999999999) { nodes { id } } }',
};

it.each(Object.entries(bombs))(
  'is refused in little time: %s',
  async (_, query) => {
    await expectRefused(await ask(query));
  },
  COST_MS,
);

it.each([
  '0',
  '-1',
  'true',
  'null',
  '"{ me }"',
  '[]',
  '{}',
  '{"kind":"Document"}',
  '{"kind":"Document","definitions":[{}]}',
])('that is JSON is no document: %s', async (query) => {
  await expectRefused(await ask(query));
});

it('is refused where it is no text, or is more than one', async () => {
  for (const query of [undefined, null, 5, {}, [], ['{ me { subject } }'], 'x'.repeat(100_001)]) {
    await expectRefused(await ask(query));
  }
  const batch = Array.from({ length: 10_000 }, () => ({ query: '{ me { subject } }' }));
  await expectRefused(await stage.api.call<GraphqlAnswer>('POST', '/graphql', { body: batch }));
});

it('takes no variables that are none, and none that a schema cannot hold', async () => {
  for (const variables of ['a', 5, [], true])
    await expectRefused(await ask('{ me { subject } }', { variables }));
  const query = 'query ($id: ID!) { eip(id: $id) { id } }';
  for (const id of [null, {}, [], true]) await expectRefused(await ask(query, { variables: { id } }));
  const huge = { id: 'x'.repeat(900_000), other: Array.from({ length: 10_000 }, (_, index) => index) };
  expect((await ask(query, { variables: huge })).body).toEqual({ data: { eip: null } });
});

it('says nothing of the schema where introspection is off, however it is asked', async () => {
  const api = await startTestApi(stage.database, { GRAPHQL_INTROSPECTION: 'false' });
  try {
    for (const query of [
      '{ __schema { types { name } } }',
      '{ __type(name: "Eip") { fields { name } } }',
      '{ me { ...A } } fragment A on Me { subject } query B { __schema { types { name } } }',
      '{ a: __schema { queryType { name } } }',
    ]) {
      const answer = await api.call<GraphqlAnswer>('POST', '/graphql', {
        body: { query, operationName: null },
      });
      expect([query, answer.status, answer.body.data]).toEqual([query, 400, null]);
      expect(answer.text).not.toContain('"types"');
    }
  } finally {
    await api.stop();
  }
});

it.each([100_000, 0, -1])('answers no page of %s', async (first) => {
  const { body } = await ask(`{ eips(first: ${first}) { nodes { id } } }`);
  expect([body.data, body.errors?.[0]?.extensions.code]).toEqual([{ eips: null }, 'invalid_request']);
});

it('is not asked for over a GET or a socket', async () => {
  const got = await stage.api.call('GET', '/graphql?query=%7B%20me%20%7B%20subject%20%7D%20%7D');
  expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
  const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const asked = request(`${stage.api.url}/graphql`, { headers });
  asked.once('response', (response) => resolve(response.resume().statusCode));
  asked
    .once('upgrade', () => resolve(101))
    .once('error', reject)
    .end();
  expect(await promise).toBe(405);
});
