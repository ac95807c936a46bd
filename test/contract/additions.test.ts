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
        properties: { name: { type: 'string', maxLength: 63 } },
      },
      Thing: {
        type: 'object',
        properties: { id: { type: 'string', description: 'old words' }, size: { enum: ['s', 'm'] } },
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

describe('an OpenAPI document', () => {
  it.each([
    ['is the same', before],
    ['has another version', withAt(['info', 'version'], '0.2.0')],
    ['has one field more', withAt([...thing, 'colour'], { type: 'string' })],
    ['has other words', withAt([...thing, 'id', 'description'], 'new words')],
    ['has one more value of an open list', withAt([...thing, 'size'], { enum: ['m', 's', 'l'] })],
    ['takes one more field', withAt([...create, 'properties', 'size'], { type: 'string' })],
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
  ])('breaks its clients when %s', (_, after) => {
    expect(openapiBreaks(before, after)).not.toEqual([]);
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
});
