/** Bodies of every wrong shape and size; what is merely malformed stands in ../problems.test.ts. */
import { gzipSync } from 'node:zlib';
import { describe, expect, inject, it } from 'vitest';
import { organizationBody } from '../../../support/builders/organization.builder.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { useStage } from '../../support/stage.ts';
import type { Problem, View } from '../../support/views.ts';

const stage = useStage();
const MIB = 1024 * 1024;

/** Bytes as they are, as a platform administrator. */
async function post(
  body: Uint8Array | string | ReadableStream,
  headers: Readonly<Record<string, string>> = {},
) {
  const response = await fetch(`${stage.api.url}/v1/organizations`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${inject('tokens').platform_admin}`,
      'content-type': 'application/json',
      ...headers,
    },
    body,
    duplex: 'half',
  } as RequestInit); // `duplex` is missing in the type of the library
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) as Problem };
}

/** A valid body with the display name as these bytes. */
function withBytes(bytes: readonly number[]): Buffer {
  const [before, after] = JSON.stringify(organizationBody({ display_name: '|' })).split('|');
  return Buffer.concat([Buffer.from(before ?? ''), Buffer.from(bytes), Buffer.from(after ?? '')]);
}

/** Of exactly so many bytes. */
function ofSize(bytes: number): string {
  const { length } = JSON.stringify({ name: '' });
  return JSON.stringify({ name: 'x'.repeat(bytes - length) });
}

describe('a body of more than 1 MiB', () => {
  it('is too large by one byte, and read to its last byte before', async () => {
    expectRefusal(await post(ofSize(MIB)), { status: 400, code: 'invalid_request', pointer: '/name' });
    expectRefusal(await post(ofSize(MIB + 1)), { status: 413, code: 'payload_too_large' });
  });

  it('is too large also where it does not say how large it is', async () => {
    const chunk = new Uint8Array(64 * 1024).fill(0x20);
    const state = { sent: 0 };
    const endless = new ReadableStream({
      pull(controller) {
        state.sent += chunk.length;
        if (state.sent > 64 * MIB) controller.close();
        else controller.enqueue(chunk);
      },
    });
    // the connection may be cut before the answer is read
    const answer = await post(endless).catch(() => undefined);
    if (answer !== undefined) expectRefusal(answer, { status: 413, code: 'payload_too_large' });
    expect(state.sent).toBeLessThan(64 * MIB);
  });
});

describe('a value', () => {
  it.each([
    ['a number beyond all numbers', '{"name":1e999}', 400],
    ['a number of 100,000 digits', `{"name":${'9'.repeat(100_000)}}`, 400],
    ['minus nothing', '{"name":-0}', 400],
    ['a text of half a mebibyte', `{"name":"${'a'.repeat(MIB / 2)}"}`, 400],
    ['100,000 fields', `{${Array.from({ length: 50_000 }, (_, i) => `"f${i}":0`).join(',')}}`, 400],
    ['an array of 500,000', `[${'0,'.repeat(499_999)}0]`, 400],
    ['a scalar', 'true', 400],
    ['nothing', 'null', 400],
  ])('is refused where it stands: %s', async (_, body, status) => {
    expectRefusal(await post(body), { status, code: 'invalid_request' });
  });

  it('that is given twice is the last one', async () => {
    const { name } = organizationBody() as { name: string };
    const answer = await post(`{"name":"first","name":"${name}"}`);
    expect([answer.status, (JSON.parse(answer.text) as View).name]).toEqual([201, name]);
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    'named as what all objects have is unknown like any other: %s',
    async (key) => {
      for (const value of ['"a"', '{}', '{"prototype":{"polluted":true}}', 'null']) {
        const answer = await post(`{"name":"a","${key}":${value}}`);
        expectRefusal(answer, { status: 400, code: 'invalid_request' });
      }
      expect(Object.keys(Object.prototype)).toEqual([]);
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    },
  );
});

describe('bytes that are no UTF-8', () => {
  it.each([
    ['a byte that begins nothing', [0xff]],
    ['a sequence without its end', [0xe2, 0x82]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['an overlong NUL', [0xc0, 0x80]],
    ['half a surrogate pair', [0xed, 0xa0, 0x80]],
    ['a code point past the last one', [0xf4, 0x90, 0x80, 0x80]],
  ])('are refused, not replaced: %s', async (_, bytes) => {
    expectRefusal(await post(withBytes(bytes)), { status: 400, code: 'invalid_request' });
  });

  it('are told from text that only looks odd, which is answered as it was sent', async () => {
    const answer = await post(withBytes([...Buffer.from('\u{10FFFF}\u200d\u202e𝔫é')]));
    expect(answer.status).toBe(201);
    expect((JSON.parse(answer.text) as { display_name: string }).display_name).toBe(
      '\u{10FFFF}\u200d\u202e𝔫é',
    );
  });
});

describe('a body that is not what the API takes', () => {
  const valid = () => JSON.stringify(organizationBody());

  it.each([
    ['another type', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a file', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['a type that is none', { 'content-type': 'json' }],
    ['a type with a tail', { 'content-type': 'application/json5' }],
    ['two types', { 'content-type': 'application/json, text/plain' }],
    ['another charset', { 'content-type': 'application/json; charset=utf-16' }],
    ['another charset in quotes', { 'content-type': 'application/json; charset="iso-8859-1"' }],
    ['a charset that is none', { 'content-type': 'application/json;charset=' }],
    ['an encoding that is none', { 'content-encoding': 'x' }],
  ])('is 415: %s', async (_, headers) => {
    expectRefusal(await post(valid(), headers), { status: 415, code: 'unsupported_media_type' });
  });

  it('is 415 where it is compressed, however much is in it', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * MIB, 0x20));
    for (const encoding of ['gzip', 'GZIP', 'deflate', 'br']) {
      const answer = await post(bomb, { 'content-encoding': encoding });
      expectRefusal(answer, { status: 415, code: 'unsupported_media_type' });
    }
  });

  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])(
    'is told from what is: %s',
    async (type) => {
      expect((await post(valid(), { 'content-type': type })).status).toBe(201);
    },
  );
});
