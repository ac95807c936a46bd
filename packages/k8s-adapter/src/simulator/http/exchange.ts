import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError, badRequest, statusBody } from '../api/api-error.ts';

/** One request and its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: URLSearchParams;
}

/** As of a real API server. */
const BODY_MAX_BYTES = 3 * 1024 * 1024;

/** The JSON body, `undefined` when there is none. Throws 400 for what is not JSON, 413 for what is too long. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_MAX_BYTES) {
      throw new ApiError(413, 'RequestEntityTooLarge', `limit is ${BODY_MAX_BYTES}`);
    }
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw badRequest("the object provided is unrecognized: couldn't get version/kind; json parse error");
  }
}

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': bytes.byteLength });
  response.end(bytes);
}

export function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(text);
}

export function answerError(response: ServerResponse, error: ApiError): void {
  const { retryAfterSeconds } = error;
  if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', String(retryAfterSeconds));
  answerJson(response, error.status, statusBody(error));
}
