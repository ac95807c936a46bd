/** Bodies are JSON in UTF-8 as it is sent; a patch may also say that it is a merge patch. */
import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { NetplaneError } from '@netplane/domain';
import type { FastifyInstance } from 'fastify';

const mediaTypes = ['application/json', 'application/merge-patch+json'];

export function takeJsonOnly(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(mediaTypes, { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    const { method, headers } = request;
    // clients that name a type on every request send none of it with a DELETE
    if (body.length === 0 && method === 'DELETE') done(null);
    else if (!isPlain(headers)) done(new NetplaneError('unsupported_media_type'));
    // what is none would be replaced, and so not be what was sent
    else if (!isUtf8(body)) done(new NetplaneError('invalid_request', { detail: 'The body is not UTF-8.' }));
    else void parseJson(request, body.toString('utf8'), done);
  });
}

/** Neither compressed nor in another charset. */
function isPlain(headers: IncomingHttpHeaders): boolean {
  const encoding = headers['content-encoding'] ?? 'identity';
  const charset = /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  return encoding.toLowerCase() === 'identity' && /^utf-?8$/i.test(charset);
}
