/**
 * Validation by ajv: bodies exactly as sent, query and parameters coerced from text. Unknown fields are refused by the
 * schemas (`additionalProperties: false`), never dropped.
 */
import { Ajv, type AnySchema } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifyInstance, FastifySchemaCompiler } from 'fastify';

/** Keywords that document a field and validate nothing. */
const annotations = ['x-mutability', 'x-normalized'];

export function installValidation(app: FastifyInstance): void {
  const body = makeAjv(false);
  const text = makeAjv('array');
  const compile: FastifySchemaCompiler<AnySchema> = ({ schema, httpPart }) =>
    // headers are documented by their schemas and read by those who use them, who say more when they refuse
    httpPart === 'headers' ? () => true : (httpPart === 'body' ? body : text).compile(schema);
  app.setValidatorCompiler(compile);
  // answers are built by presenters and held to their schemas by the contract tests
  app.setSerializerCompiler(() => JSON.stringify);
}

function makeAjv(coerceTypes: false | 'array'): Ajv {
  const ajv = new Ajv({
    coerceTypes,
    useDefaults: true,
    removeAdditional: false,
    allErrors: false,
    strict: true,
    strictTypes: false,
  });
  addFormats.default(ajv);
  for (const annotation of annotations) ajv.addKeyword(annotation);
  return ajv;
}
