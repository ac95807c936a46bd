/** Text that PostgreSQL cannot hold, NUL and halves of surrogate pairs, is refused where it stands. */
import { NetplaneError } from '@netplane/domain';
import type { FastifyInstance } from 'fastify';

export function refuseUnstorableText(app: FastifyInstance): void {
  app.addHook('preValidation', (request, _, done) => {
    for (const [name, value] of Object.entries(request.query as object)) {
      if (findUnstorable(value) !== undefined) throw refusal(`?${name}`);
    }
    const found = findUnstorable(request.body);
    if (found !== undefined) throw refusal(pointerOf(found));
    done();
  });
}

function refusal(pointer: string): NetplaneError {
  const detail = 'text with a NUL or half a surrogate pair';
  return new NetplaneError('invalid_request', { errors: [{ pointer, detail }] });
}

interface Place {
  readonly value: unknown;
  readonly key: string;
  readonly parent: Place | undefined;
}

/** Without recursion: a body may be nested as deep as its size allows. */
function findUnstorable(root: unknown): Place | undefined {
  const open: Place[] = [{ value: root, key: '', parent: undefined }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const { value } = place;
    if (!isStorable(place.key) || (typeof value === 'string' && !isStorable(value))) return place;
    if (value === null || typeof value !== 'object') continue;
    for (const [key, inner] of Object.entries(value)) open.push({ value: inner, key, parent: place });
  }
  return undefined;
}

function isStorable(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

/** RFC 6901. A key that is unstorable itself is no part of it: the pointer is that of what holds it. */
function pointerOf(found: Place): string {
  const keys: string[] = [];
  for (let place: Place | undefined = found; place?.parent !== undefined; place = place.parent) {
    if (isStorable(place.key)) keys.push(place.key.replaceAll('~', '~0').replaceAll('/', '~1'));
  }
  return keys
    .reverse()
    .map((key) => `/${key}`)
    .join('');
}
