import { describe, expect, test } from 'vitest';
import { applyErrorOf, kubeErrorOf, readStatus } from './client-node-status.ts';

const status = (body: object) => JSON.stringify({ kind: 'Status', apiVersion: 'v1', ...body });

describe('an answer that is not 2xx', () => {
  test('keeps the words of a Status object', () => {
    const details = { name: 'a', kind: 'vpcs', causes: [{ field: 'spec.x' }, { field: 'spec.y' }] };
    const answer = readStatus(422, status({ reason: 'Invalid', message: 'no', code: 422, details }));
    expect(answer).toEqual({
      status: 422,
      reason: 'Invalid',
      message: 'no',
      retryAfterSeconds: undefined,
      name: 'a',
      plural: 'vpcs',
      causeFields: ['spec.x', 'spec.y'],
      isStatus: true,
    });
  });

  test.each([
    [404, '404 page not found\n', 'NotFound', '404 page not found'],
    [503, '<html>busy</html>', 'ServiceUnavailable', '<html>busy</html>'],
    [500, '', 'InternalError', ''],
    [418, '{"kind":"Teapot"}', 'Unknown', '{"kind":"Teapot"}'],
    [400, 'null', 'BadRequest', 'null'],
    [400, '[1]', 'BadRequest', '[1]'],
  ])('of %i and %s is not a Status and gets the usual reason', (code, body, reason, message) => {
    expect(readStatus(code, body)).toMatchObject({ status: code, reason, message, isStatus: false });
  });

  test.each([
    ['7', undefined, 7],
    [undefined, 3, 3],
    ['7', 3, 7],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined, undefined],
  ])('reads Retry-After %s and details %s as %s seconds', (header, inDetails, seconds) => {
    const body = status({ reason: 'TooManyRequests', details: { retryAfterSeconds: inDetails } });
    expect(kubeErrorOf(readStatus(429, body, header)).retryAfterSeconds).toBe(seconds);
  });

  test('cuts a long message', () => {
    expect(readStatus(500, 'x'.repeat(10_000)).message).toHaveLength(2_000);
  });
});

describe('an answer to an apply', () => {
  test('that does not fit the schema is 400 rather than 500', () => {
    const message =
      'failed to create typed patch object (/a; v1, Kind=A): .spec.b: field not declared in schema';
    const error = applyErrorOf(readStatus(500, status({ message, code: 500 })));
    expect([error.status, error.reason]).toEqual([400, 'BadRequest']);
  });

  test('for another uid is 409 rather than 422', () => {
    const details = { causes: [{ field: 'metadata.uid' }] };
    const error = applyErrorOf(readStatus(422, status({ reason: 'Invalid', code: 422, details })));
    expect([error.status, error.reason]).toEqual([409, 'Conflict']);
  });

  test('of any other kind stays what it is', () => {
    expect(applyErrorOf(readStatus(500, 'panic')).status).toBe(500);
    const details = { causes: [{ field: 'spec.provider' }] };
    expect(applyErrorOf(readStatus(422, status({ reason: 'Invalid', code: 422, details }))).status).toBe(422);
  });
});
