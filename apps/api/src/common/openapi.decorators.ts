import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import type { ApiResponseNoStatusOptions } from '@nestjs/swagger';
import type { ProblemCode } from '#platform';
import { problemDocument, ProblemError, problems } from '#platform';

const id = '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10';

const examples: Partial<Record<ProblemCode, ProblemError>> = {
  validation_failed: new ProblemError(
    'validation_failed',
    'channel must be one of whatsapp, ivr, mobile_app',
    {
      errors: [
        { field: 'channel', message: 'must be one of the following values: whatsapp, ivr, mobile_app' },
      ],
    },
  ),
  query_too_broad: new ProblemError(
    'query_too_broad',
    'The query took too long. Narrow its period, or name a partner or a session.',
  ),
  unauthenticated: new ProblemError('unauthenticated', 'The token has expired.'),
  forbidden: new ProblemError('forbidden', 'The role analyst may not do this.'),
  rate_limited: new ProblemError(
    'rate_limited',
    'The subject of the token has sent more than 600000 requests in 60 s.',
    { retry_after_s: 12 },
  ),
  origin_not_allowed: new ProblemError(
    'origin_not_allowed',
    'A page of https://shop.example.com may not call this; see ALLOWED_ORIGINS',
  ),
  host_not_allowed: new ProblemError(
    'host_not_allowed',
    'This server has no name turnstream.example.com; see ALLOWED_HOSTS',
  ),
  session_elsewhere: new ProblemError(
    'session_elsewhere',
    'Send the request to the cell that has the session, or through a router.',
    { cell: 'b' },
  ),
  foreign_reference: new ProblemError(
    'foreign_reference',
    'The inquiry is about something that belongs to another partner.',
  ),
  partner_restricted: new ProblemError(
    'partner_restricted',
    'The partner asked to be erased; until the law allows it, only one role reads the data.',
  ),
  not_found: new ProblemError('not_found', 'There is no such session. Start it with POST /v1/sessions.'),
  command_not_allowed: new ProblemError(
    'command_not_allowed',
    'Goal "pay" is not set in this session. Set it with POST …/goals.',
    {
      reason: 'goal_not_set',
      command: 0,
      current_revision: 41,
    },
  ),
  no_proof: new ProblemError('no_proof', 'No signed root covers the event yet. The root of its day will.', {
    reason: 'not_sealed',
  }),
  agent_replaced: new ProblemError('agent_replaced', 'Instance bot-7 owns the session now, at epoch 3.', {
    reason: 'agent_replaced',
    command: 0,
    current_revision: 41,
    holder: { instance: 'bot-7', epoch: 3, pool: 'support', since: '2026-11-24T08:03:00.000Z' },
  }),
  history_gone: new ProblemError(
    'history_gone',
    'The events before revision 12 are deleted, so the state at that point is not available.',
    { first_revision: 12 },
  ),
  wrong_expected_revision: new ProblemError(
    'wrong_expected_revision',
    'The session is at revision 41, not 40.',
    {
      expected_revision: 40,
      current_revision: 41,
      retry_safe: true,
      events: [{ event_id: id, type: 'FlagRaised', revision: 41, data: { flag: 'vip', value: true } }],
      next_revision: null,
    },
  ),
  idempotency_key_reused: new ProblemError(
    'idempotency_key_reused',
    'This key or turn_id was used before with another body. Use a new key for another request.',
  ),
  session_set_aside: new ProblemError(
    'session_set_aside',
    'This version cannot read an event that the session depends on, so the session is set aside. No event is lost.',
    {
      revision: 41,
      event_id: id,
      event_type: 'GoalSet',
      reason: 'newer_schema_version',
      retry_after_s: 60,
    },
  ),
  inquiries_off: new ProblemError(
    'inquiries_off',
    'Start the system with Kafka (KAFKA_BROKERS) to ask other systems; all else works without it.',
  ),
  too_many_requests: new ProblemError(
    'too_many_requests',
    'The request was not executed, since others wait. Send fewer at once.',
    { retry_after_s: 1, retry_after_ms: 870 },
  ),
  overloaded: new ProblemError('overloaded', 'The request was not executed. Send it again later.', {
    retry_after_s: 2,
    retry_after_ms: 1_240,
  }),
  engine_unavailable: new ProblemError(
    'engine_unavailable',
    'The event store is unavailable. Send the same request with the same Idempotency-Key again.',
    { retry_after_s: 1 },
  ),
};

/** Documents the header that answers carry while requests work without Redis. */
export const degradedHeader = {
  'Turnstream-Degraded': {
    description: '`redis`: Redis does not answer; contexts are folded from their streams.',
    schema: { type: 'string' },
  },
} as const;

/** Documents the age headers of answers read from rows. */
export const ageHeaders = {
  Age: { description: 'The age of the answer in seconds.', schema: { type: 'integer' } },
  'Turnstream-As-Of': {
    description: 'The answer has all rows that PostgreSQL had then; it may come from a replica.',
    schema: { type: 'string', format: 'date-time' },
  },
} as const;

/** Documents the header by which a caller limits the age of such an answer. */
export function ApiLongestAge(): MethodDecorator {
  return ApiHeader({
    name: 'Cache-Control',
    required: false,
    description: '`no-cache`: not from a replica. `max-age=5`: at most 5 seconds old.',
  });
}

/** Documents the problems of a route, each with an example, including common problems with the same status. */
export function ApiProblems(...own: ProblemCode[]): MethodDecorator {
  const statuses = new Set(own.map((code) => problems[code].status));
  const codes = new Set([...own, ...commonProblems.flat()]);
  const responses = [...statuses].map((status) => {
    const same = [...codes].filter((code) => problems[code].status === status);
    return ApiResponse({ status, ...problemResponse(same) });
  });
  return applyDecorators(...responses);
}

/** The documentation of an answer with one of these problems, which have the same status. */
function problemResponse(codes: readonly ProblemCode[]): ApiResponseNoStatusOptions {
  return {
    description: codes.map((code) => `${problems[code].title} (\`${code}\`)`).join('; '),
    headers: codes.some((code) => [429, 503].includes(problems[code].status))
      ? { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds' } }
      : {},
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(codes.map((code) => [code, { value: example(code) }])),
      },
    },
  };
}

/** The problems that any route may answer with; those with the same status are grouped. */
const commonProblems: readonly (readonly [ProblemCode, ...ProblemCode[]])[] = [
  ['malformed_request'],
  ['unauthenticated'],
  ['origin_not_allowed', 'forbidden'],
  ['request_timeout'],
  ['uri_too_long'],
  ['host_not_allowed', 'session_elsewhere'],
  ['headers_too_large'],
  ['too_many_requests', 'rate_limited'],
  ['internal_error'],
  ['engine_unavailable', 'overloaded'],
];

/** The answers that every operation may give, by status; the document names them once. */
export const commonResponses = Object.fromEntries(
  commonProblems.map((codes) => {
    const [code] = codes;
    return [String(problems[code].status), { code, response: problemResponse(codes) }];
  }),
);

function example(code: ProblemCode): object {
  const error = examples[code] ?? new ProblemError(code, problems[code].title);
  return {
    ...problemDocument(error, `/v1/sessions/${id}/turns`),
    trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
  };
}

const commandHeaders = [
  {
    name: 'Idempotency-Key',
    description:
      'A repeated request with the same key gets the first result and adds nothing: within 24 hours and 10,000 commands ' +
      'of the session, unless the operator set other limits.',
  },
  {
    name: 'If-Match',
    description: 'The revision that you have seen, in quotes: `"41"`. The default is the latest revision.',
  },
  {
    name: 'Agent-Id',
    description:
      'The agent instance that sends the command, if the token allows it; stored in the events’ metadata.',
  },
  {
    name: 'Agent-Epoch',
    description:
      'The epoch under which the sender owns the session. Once it is replaced its commands are refused (409).',
  },
  { name: 'Correlation-Id', description: 'Stored in the events’ metadata.' },
  { name: 'traceparent', description: 'W3C trace context, stored in the events’ metadata.' },
];

const senderHeaders: ReadonlySet<string> = new Set(['Agent-Id', 'Correlation-Id', 'traceparent']);

/** Documents the headers that every command takes. */
export function ApiCommandHeaders(): MethodDecorator {
  return documented(commandHeaders);
}

/** Documents the headers that identify the sender of a request. */
export function ApiSenderHeaders(): MethodDecorator {
  return documented(commandHeaders.filter(({ name }) => senderHeaders.has(name)));
}

function documented(list: typeof commandHeaders): MethodDecorator {
  const headers = list.map((header) => ApiHeader({ ...header, required: false, schema: { type: 'string' } }));
  return applyDecorators(...headers);
}

/** The problems that any command may be answered with. */
export const commandProblems: readonly ProblemCode[] = [
  'validation_failed',
  'malformed_json',
  'malformed_precondition',
  'not_found',
  'command_not_allowed',
  'agent_replaced',
  'wrong_expected_revision',
  'payload_too_large',
  'unsupported_media_type',
  'idempotency_key_reused',
  'internal_error',
  'engine_unavailable',
  'session_set_aside',
];
