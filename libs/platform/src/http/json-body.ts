import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../problems/problem.ts';
import { inexactNumbers, malformedTexts } from '../values/exact-json.ts';
import { validationFailed } from './validation.ts';

/** Parses JSON bodies without loss: no number is rounded, and no character is replaced. */
export function installJsonParser(fastify: FastifyInstance): void {
  fastify.removeContentTypeParser('application/json');
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJsonBody(body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
}

/** @throws ProblemError `malformed_json`, or `validation_failed` with the fields that cannot be represented exactly */
export function parseJsonBody(body: Buffer): unknown {
  if (body.length === 0) throw new ProblemError('malformed_json', 'The body is empty');
  if (!isUtf8(body)) throw malformedEncoding(body);
  const text = body.toString().replace(/^\uFEFF/, '');
  const value = parse(text);
  const errors = inexactNumbers(text);
  if (errors.length > 0) throw validationFailed(errors);
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ProblemError('malformed_json', 'The body is not valid JSON', {}, { cause });
  }
}

function malformedEncoding(body: Buffer): ProblemError {
  const errors = malformedTexts(body);
  return errors.length > 0
    ? validationFailed(errors)
    : new ProblemError('malformed_json', 'The body is not valid UTF-8');
}
