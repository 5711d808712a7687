import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { commonResponses } from './openapi.decorators.ts';
import { addLinks, operationsOf } from './openapi-links.ts';

const problem = {
  type: 'object',
  description: 'RFC 9457 problem details. `type` is stable; more members depend on it.',
  required: ['type', 'title', 'status'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string' },
    trace_id: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['field', 'message'],
        properties: { field: { type: 'string' }, message: { type: 'string' } },
      },
    },
    reason: { type: 'string' },
    expected_revision: { type: 'integer' },
    current_revision: { type: 'integer' },
    retry_safe: { type: 'boolean' },
    next_revision: {
      type: ['integer', 'null'],
      description:
        'Where `GET …/events?from_revision=` continues after `events`, which ends at 100 events or 1 MiB; null: `events` is complete.',
    },
    holder: {
      type: 'object',
      description: 'The current owner of the session.',
      required: ['instance', 'epoch', 'pool', 'since'],
      properties: {
        instance: { type: ['string', 'null'] },
        epoch: { type: 'integer' },
        pool: { type: ['string', 'null'] },
        since: { type: ['string', 'null'] },
      },
    },
    revision: { type: 'integer' },
    event_id: { type: 'string', format: 'uuid' },
    event_type: { type: 'string' },
    retry_after_s: { type: 'integer' },
    retry_after_ms: { type: 'integer' },
  },
} as const;

/** The OpenAPI 3.1 document of the api. */
export function openApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Turnstream')
    .setDescription(
      'Conversation memory for agents. Every fact is an event; a revision is the number of an event in its session.',
    )
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, 'token')
    .addSecurityRequirements('token')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (_controller, method) => method,
  });
  const schemas = { ...document.components?.schemas, Problem: problem };
  const full = { ...document, components: { ...document.components, schemas } } as unknown as OpenAPIObject;
  addCommonResponses(full);
  addLinks(full);
  return full;
}

/** Adds the common answers to operations that do not document that status themselves. */
function addCommonResponses(document: OpenAPIObject): void {
  const common = Object.entries(commonResponses);
  const responses = common.map(([, { code, response }]) => [code, response]);
  document.components = { ...document.components, responses: Object.fromEntries(responses) };
  for (const operation of operationsOf(document)) {
    const references = common.map(([status, { code }]) => [
      status,
      { $ref: `#/components/responses/${code}` },
    ]);
    operation.responses = { ...Object.fromEntries(references), ...operation.responses };
  }
}

/**
 * Serves the document at /openapi.json and Swagger UI at /docs. Its text is made once: Swagger's own route makes it anew for each
 * request, which takes the time of many commands.
 */
export function serveOpenApi(app: NestFastifyApplication): void {
  let document: OpenAPIObject | undefined;
  let text: Buffer | undefined;
  const built = (): OpenAPIObject => (document ??= openApiDocument(app));
  SwaggerModule.setup('docs', app, built, { raw: false });
  app.getHttpAdapter().get('/openapi.json', (_request: FastifyRequest, reply: FastifyReply) => {
    text ??= Buffer.from(JSON.stringify(built()));
    return reply.type('application/json').send(text);
  });
}
