import { describe, expect, it } from 'vitest';
import { graphqlBreaks, openapiBreaks } from './additions.ts';

const before = {
  openapi: '3.1.0',
  info: { version: '0.1.0', title: 'a' },
  components: {
    schemas: {
      CreateThing: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string', maxLength: 63 }, colour: { type: 'string' } },
      },
      Thing: {
        type: 'object',
        required: ['id'],
        properties: {
          id: { type: 'string', description: 'old words' },
          size: { enum: ['s', 'm'] },
          colour: { type: 'string' },
          owner: { anyOf: [{ $ref: '#/components/schemas/Owner' }] },
        },
      },
      Owner: { type: 'object', properties: { name: { type: 'string' } } },
    },
  },
  paths: {
    '/things': {
      post: {
        parameters: [{ in: 'query', name: 'q', schema: { type: 'string' } }],
        requestBody: {
          content: { 'application/json': { schema: { $ref: '#/components/schemas/CreateThing' } } },
        },
        responses: {
          201: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } },
        },
      },
    },
  },
};

/** A deep copy with one value set at a path. */
function withAt(path: readonly string[], value: unknown): Record<string, unknown> {
  const copy = structuredClone(before) as Record<string, unknown>;
  let at = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>; // the test names what is there
  const last = path.at(-1) ?? '';
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

const thing = ['components', 'schemas', 'Thing', 'properties'];
const create = ['components', 'schemas', 'CreateThing'];
const owner = ['components', 'schemas', 'Owner'];
const post = ['paths', '/things', 'post'];
const parameter = before.paths['/things'].post.parameters[0];

describe('an OpenAPI document', () => {
  it.each([
    ['is the same', before],
    ['has another version', withAt(['info', 'version'], '0.2.0')],
    ['has one field more', withAt([...thing, 'colour'], { type: 'string' })],
    ['has other words', withAt([...thing, 'id', 'description'], 'new words')],
    ['has one more value of an open list', withAt([...thing, 'size'], { enum: ['m', 's', 'l'] })],
    ['takes one more field', withAt([...create, 'properties', 'size'], { type: 'string' })],
    ['demands a field no longer', withAt([...create, 'required'], [])],
    ['always answers a field', withAt([...thing.slice(0, -1), 'required'], ['id', 'size'])],
    ['says how an answer looks', withAt([...owner, 'properties', 'name', 'maxLength'], 63)],
    ['takes one more parameter', withAt([...post, 'parameters'], [parameter, { in: 'query', name: 'p' }])],
    ['has one operation more', withAt(['paths', '/others'], { get: { parameters: [{ required: true }] } })],
  ])('breaks nothing when it %s', (_, after) => {
    expect(openapiBreaks(before, after)).toEqual([]);
  });

  it.each([
    ['a field is gone', withAt([...thing, 'size'], undefined)],
    ['a value is gone', withAt([...thing, 'size'], { enum: ['s'] })],
    ['a type is another', withAt([...thing, 'id'], { type: 'integer' })],
    ['a limit is tighter', withAt([...create, 'properties', 'name', 'maxLength'], 10)],
    ['a field is demanded that was not', withAt([...create, 'required'], ['name', 'size'])],
    ['a schema is gone', withAt(create, undefined)],
    ['a field may be missing', withAt([...thing.slice(0, -1), 'required'], [])],
    ['a field may be null', withAt([...thing, 'colour', 'type'], ['string', 'null'])],
    [
      'an object may be null',
      withAt([...thing, 'owner', 'anyOf'], [{ $ref: '#/components/schemas/Owner' }, { type: 'null' }]),
    ],
    ['only some values are taken', withAt([...create, 'properties', 'colour', 'enum'], ['red'])],
    ['a value is checked that was not', withAt([...create, 'properties', 'colour', 'pattern'], '^r')],
    ['unknown fields are refused', withAt([...create, 'additionalProperties'], false)],
    ['a parameter is demanded', withAt([...post, 'parameters', '0', 'required'], true)],
    [
      'a new parameter is demanded',
      withAt([...post, 'parameters'], [parameter, { in: 'query', name: 'p', required: true }]),
    ],
    ['a body is demanded', withAt([...post, 'requestBody', 'required'], true)],
    ['a token is demanded', withAt([...post, 'security'], [{ bearer: [] }])],
    ['an answer is gone', withAt([...post, 'responses', '201'], undefined)],
  ])('breaks its clients when %s', (_, after) => {
    expect(openapiBreaks(before, after)).not.toEqual([]);
  });
});

describe('a schema that is sent and answered', () => {
  const shared = withAt([...post, 'requestBody', 'content', 'application/json', 'schema'], {
    $ref: '#/components/schemas/Thing',
  });

  it('may not begin to demand a field, however deep it lies', () => {
    const after = structuredClone(shared) as typeof before;
    Object.assign(after.components.schemas.Owner, { required: ['name'] });
    expect(openapiBreaks(shared, after)).toEqual([
      '/components/schemas/Owner/required: ["name"] is demanded now',
    ]);
  });
});

describe('a GraphQL schema', () => {
  const schema = 'type Query { thing(id: ID!): String }';

  it('breaks nothing when it gains a field', () => {
    expect(graphqlBreaks(schema, 'type Query { thing(id: ID!, wait: Int): String other: Int }')).toEqual([]);
  });

  it('breaks its clients when it loses one, or demands an argument', () => {
    expect(graphqlBreaks(schema, 'type Query { other: String }')).not.toEqual([]);
    expect(graphqlBreaks(schema, 'type Query { thing(id: ID!, wait: Int!): String }')).not.toEqual([]);
  });

  it.each([
    ['a field may be null', 'type Query { a: String! }', 'type Query { a: String }'],
    ['a type is another', 'type Query { a: String }', 'type Query { a: Int }'],
    ['a value is gone', 'type Query { a: E } enum E { X Y }', 'type Query { a: E } enum E { X }'],
    [
      'an input demands a field',
      'type Query { a(i: I): String } input I { x: Int }',
      'type Query { a(i: I): String } input I { x: Int, y: Int! }',
    ],
    ['an argument may not be null', 'type Query { a(x: Int): String }', 'type Query { a(x: Int!): String }'],
  ])('breaks its clients when %s', (_, old, next) => {
    expect(graphqlBreaks(old, next)).not.toEqual([]);
  });
});
