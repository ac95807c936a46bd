/** Heads that no client should send: too large, broken, or read in two ways. */
import { randomBytes } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { headOf, openRaw, type RawAnswer, sendRaw } from '../../support/raw-http.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { useStage } from '../../support/stage.ts';
import type { Problem } from '../../support/views.ts';

const stage = useStage();
const authorization = () => `Bearer ${inject('tokens').platform_admin}`;

/** A refusal as problem+json with that status, and a server that goes on. */
async function expectProblem(answer: RawAnswer | undefined, statuses: readonly number[]): Promise<void> {
  expect(statuses).toContain(answer?.status);
  expect(answer?.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const problem = JSON.parse(answer?.body ?? '') as Problem;
  expect(problem).toMatchObject({ status: answer?.status, code: expect.any(String) });
  expect((await stage.api.call('GET', '/v1/me')).status).toBe(200);
}

describe('a head that is too large', () => {
  it.each([
    ['one header of 64 KiB', { 'x-long': 'x'.repeat(65_536) }],
    ['a token of 64 KiB', { authorization: `Bearer ${'x'.repeat(65_536)}` }],
    [
      'a thousand headers',
      Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`x-${i}`, 'value-of-it'])),
    ],
  ])('is refused before it is a request: %s', async (_, headers) => {
    await expectProblem(await sendRaw(stage.api.url, headOf('GET /v1/me', headers)), [414, 431]);
  });

  it('is refused however long it goes on', async () => {
    const connection = await openRaw(stage.api.url);
    const line = `x-more: ${'x'.repeat(1_000)}\r\n`;
    connection.send('GET /v1/me HTTP/1.1\r\nhost: localhost\r\n');
    for (let sent = 0; sent < 4_000 && !connection.socket.destroyed; sent += 1) connection.send(line);
    await expectProblem(await connection.answer(), [414, 431]);
    connection.close();
  });
});

describe('a head that is no HTTP', () => {
  it.each([
    ['another protocol', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc'],
    ['HTTP/2 without being asked', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['no version', 'GET /v1/me\r\n\r\n'],
    ['a version that is none', 'GET /v1/me HTTP/9.9\r\nhost: a\r\n\r\n'],
    ['no method', ' /v1/me HTTP/1.1\r\nhost: a\r\n\r\n'],
    ['a method that is none', 'G@T /v1/me HTTP/1.1\r\nhost: a\r\n\r\n'],
    ['a blank before the colon', 'GET /v1/me HTTP/1.1\r\nhost : a\r\n\r\n'],
    ['a header over two lines', 'GET /v1/me HTTP/1.1\r\nhost: a\r\nx-a: b\r\n c: d\r\n\r\n'],
    ['a NUL in a header', 'GET /v1/me HTTP/1.1\r\nhost: a\r\nx-a: b\u0000c\r\n\r\n'],
    ['lines that end without CR', 'GET /v1/me HTTP/1.1\nhost: a\nx-a: b\n\n'],
    ['no host', 'GET /v1/me HTTP/1.1\r\n\r\n'],
    ['noise', randomBytes(512)],
  ])('is refused and ends the connection: %s', async (_, bytes) => {
    const connection = await openRaw(stage.api.url);
    connection.send(bytes);
    const answer = await connection.answer();
    if (answer !== undefined) expect(answer.status).toBeLessThan(500);
    if (answer !== undefined) expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(await connection.answer()).toBeUndefined();
    connection.close();
    expect((await stage.api.call('GET', '/v1/me')).status).toBe(200);
  });
});

describe('a request that could be read as two', () => {
  const smuggled = 'GET /v1/organizations HTTP/1.1\r\nhost: localhost\r\n\r\n';
  const json = { 'content-type': 'application/json' };

  it.each([
    [
      'a length and chunks',
      headOf('POST /v1/eips', { ...json, 'content-length': 4, 'transfer-encoding': 'chunked' }) +
        `0\r\n\r\n${smuggled}`,
    ],
    [
      'chunks and a length',
      headOf('POST /v1/eips', { ...json, 'transfer-encoding': 'chunked', 'content-length': 4 }) +
        `0\r\n\r\n${smuggled}`,
    ],
    [
      'two lengths',
      `POST /v1/eips HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 0\r\ncontent-length: 5\r\n\r\n${smuggled}`,
    ],
    ['a length with a sign', headOf('POST /v1/eips', { ...json, 'content-length': '+4' }) + smuggled],
    ['a length below nothing', headOf('POST /v1/eips', { ...json, 'content-length': -1 }) + smuggled],
    ['a length in hexadecimal', headOf('POST /v1/eips', { ...json, 'content-length': '0x4' }) + smuggled],
    ['two lengths in one', headOf('POST /v1/eips', { ...json, 'content-length': '0, 4' }) + smuggled],
    [
      'chunks that are not last',
      `${headOf('POST /v1/eips', { ...json, 'transfer-encoding': 'chunked, identity' })}0\r\n\r\n${smuggled}`,
    ],
    [
      'chunks with a tab',
      `${headOf('POST /v1/eips', { ...json, 'transfer-encoding': '\x0bchunked' })}0\r\n\r\n${smuggled}`,
    ],
    [
      'chunks of a size that is none',
      `${headOf('POST /v1/eips', { ...json, 'transfer-encoding': 'chunked' })}-1\r\n\r\n${smuggled}`,
    ],
    [
      'chunks of an endless size',
      headOf('POST /v1/eips', { ...json, 'transfer-encoding': 'chunked' }) +
        `fffffffffffffffff\r\n${smuggled}`,
    ],
  ])('is refused, and what follows is not read: %s', async (_, bytes) => {
    const connection = await openRaw(stage.api.url);
    connection.send(bytes);
    const seen: number[] = [];
    for (let answer = await connection.answer(); answer !== undefined; answer = await connection.answer()) {
      seen.push(answer.status);
      // 401 of the smuggled one would mean that it was read
      expect(answer.body).not.toContain('"items"');
    }
    connection.close();
    expect(seen.at(-1)).toBe(400);
    expect(seen.length).toBeLessThanOrEqual(2);
    expect((await stage.api.call('GET', '/v1/me')).status).toBe(200);
  });

  it('is answered in order where they are honestly two', async () => {
    const connection = await openRaw(stage.api.url);
    const ids = Array.from({ length: 50 }, (_, index) => `pipelined-${index}`);
    const heads = ids.map((id, index) =>
      headOf(`GET ${index % 2 === 0 ? '/v1/me' : '/v1/unicorns'}`, {
        authorization: authorization(),
        'x-request-id': id,
      }),
    );
    connection.send(heads.join(''));
    for (const [index, id] of ids.entries()) {
      const answer = await connection.answer();
      expect([answer?.status, answer?.headers.get('x-request-id')]).toEqual([
        index % 2 === 0 ? 200 : 404,
        id,
      ]);
    }
    connection.close();
  });
});

describe('a header that would be two', () => {
  it('is never one of an answer: what is echoed is well-formed', async () => {
    const values = [
      'a\r\nset-cookie: b=c',
      'a\nset-cookie: b=c',
      'a%0d%0aset-cookie:%20b',
      'a\u2028b',
      '<script>',
    ];
    for (const value of values) {
      const head = headOf('GET /v1/unicorns', {
        'x-request-id': value,
        origin: value,
        'idempotency-key': value,
      });
      const answer = await sendRaw(stage.api.url, Buffer.from(head, 'utf8'));
      expect(answer?.headers.has('set-cookie')).toBe(false);
      expect(answer?.body ?? '').not.toContain('<script>');
    }
  });

  it('cannot be made by the name of a resource', async () => {
    for (const id of [
      '%0d%0aset-cookie:%20a=b',
      'eip_%0a',
      '%00',
      '%2e%2e%2f',
      '..;',
      '%ff',
      '%c0%af',
      '%u0000',
    ]) {
      const answer = await stage.api.call('GET', `/v1/eips/${id}`);
      expect([id, answer.headers.get('set-cookie')]).toEqual([id, null]);
      expect([id, [400, 404]]).toEqual([id, expect.arrayContaining([answer.status])]);
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    }
  });
});

describe('a query', () => {
  it.each([
    ['a parameter twice', 'limit=1&limit=2'],
    ['a list where there is one', 'limit[]=1'],
    ['an object', 'sort[name]=a'],
    ['what all objects have', '__proto__=a'],
    ['what all objects have, deeper', 'constructor[prototype][a]=b'],
    ['a NUL', 'name=%00'],
    ['a NUL in its name', '%00=a'],
    ['broken escapes', 'name=%zz&%=%'],
    ['a thousand parameters', Array.from({ length: 1_000 }, (_, i) => `p${i}=1`).join('&')],
    [
      'more ids than a page has',
      Array.from({ length: 101 }, () => 'id=eip_00000000000000000000000000').join('&'),
    ],
    ['a number that is none', 'limit=ten'],
    ['a number that is too large', 'limit=99999999999999999999'],
  ])('is refused with what is wrong about it: %s', async (_, query) => {
    const answer = await stage.api.call('GET', `/v1/eips?${query}`);
    expectRefusal(answer, { status: 400, code: 'invalid_request' });
  });

  it('may name ids as often as it likes', async () => {
    const answer = await stage.api.call(
      'GET',
      `/v1/eips?${'id=eip_00000000000000000000000000&'.repeat(100)}`,
    );
    expect(answer.status).toBe(200);
  });
});

it('a method is the one that was sent, whatever a header says', async () => {
  const headers = { 'x-http-method-override': 'DELETE', 'x-method-override': 'DELETE' };
  const path = `/v1/organizations/${stage.world.acmeId}`;
  expect((await stage.api.call('GET', path, { headers })).status).toBe(200);
  expect((await stage.api.call('GET', path)).status).toBe(200);
});

it('a path in whatever form is the same path', async () => {
  for (const target of [
    'http://elsewhere.example/v1/me',
    '//v1/me',
    '/v1/../v1/me',
    '/v1/me/',
    '/V1/ME',
    '/v1%2fme',
    '*',
    '/v1/me?x#y',
  ]) {
    const answer = await sendRaw(stage.api.url, headOf(`GET ${target}`, { authorization: authorization() }));
    expect([target, (answer?.status ?? 500) < 500]).toEqual([target, true]);
  }
});
