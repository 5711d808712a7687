/** Every kind of error that the HTTP API answers with (RFC 9457). A code, once published, keeps its meaning. */
export const problems = {
  validation_failed: { status: 400, title: 'The request is not valid' },
  malformed_json: { status: 400, title: 'The body is not valid JSON' },
  malformed_request: { status: 400, title: 'The request cannot be understood' },
  malformed_precondition: { status: 400, title: 'The If-Match or If-None-Match header is malformed' },
  invalid_cursor: { status: 400, title: 'The page cursor is not valid' },
  query_too_broad: { status: 400, title: 'The query takes longer than queries may' },
  unauthenticated: { status: 401, title: 'A valid token is needed' },
  forbidden: { status: 403, title: 'The token does not allow it' },
  origin_not_allowed: { status: 403, title: 'Pages of that origin may not call this server' },
  foreign_reference: { status: 403, title: 'It belongs to another partner' },
  partner_restricted: { status: 403, title: 'The data of the partner are restricted' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'The resource does not have this method' },
  command_not_allowed: { status: 409, title: "The session's state does not allow the command" },
  no_proof: { status: 409, title: 'There is no proof of the event' },
  agent_replaced: { status: 409, title: 'The agent instance does not own the session' },
  history_gone: { status: 410, title: 'That part of the history is deleted' },
  wrong_expected_revision: { status: 412, title: 'The session is at another revision' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  uri_too_long: { status: 414, title: 'A part of the address is too long' },
  unsupported_media_type: { status: 415, title: 'The body must be application/json' },
  range_not_satisfiable: { status: 416, title: 'The file has no such part' },
  session_elsewhere: { status: 421, title: 'The session is in another cell' },
  host_not_allowed: { status: 421, title: 'The server is not known by that name' },
  idempotency_key_reused: { status: 422, title: 'The key was used for another request' },
  too_many_requests: { status: 429, title: 'The caller has more requests in progress than its share' },
  rate_limited: { status: 429, title: 'The subject of the token has sent too many requests' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  request_timeout: { status: 408, title: 'The request did not arrive in time' },
  internal_error: { status: 500, title: 'Internal server error' },
  session_set_aside: { status: 503, title: 'The session has an event that cannot be read' },
  inquiries_off: { status: 503, title: 'This system runs without Kafka, so nobody can be asked' },
  overloaded: { status: 503, title: 'There are more requests than can be answered in time' },
  engine_unavailable: { status: 503, title: 'A backing service is unavailable' },
} as const;

export type ProblemCode = keyof typeof problems;

export const problemContentType = 'application/problem+json';
/** A stable name, not a URL to fetch: clients compare it as a whole. */
const problemType = (code: ProblemCode): string => `https://turnstream.dev/problems/${code}`;

export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** Members besides the standard ones, such as `current_revision`. `retry_after_s` is also sent as Retry-After. */
interface ProblemMembers {
  readonly errors?: readonly FieldError[];
  readonly retry_after_s?: number;
  /** The same, more exactly. */
  readonly retry_after_ms?: number;
  readonly [member: string]: unknown;
}

/** The document sent as application/problem+json. */
interface ProblemDocument extends ProblemMembers {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly instance?: string;
}

/** Thrown to answer a request with that problem; `detail` is shown to the caller. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly code: ProblemCode;
  readonly members: ProblemMembers;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    detail: string,
    members: ProblemMembers = {},
    options: { cause?: unknown; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.members = members;
    this.headers = {
      ...(members.retry_after_s !== undefined && { 'retry-after': String(members.retry_after_s) }),
      ...options.headers,
    };
  }

  get status(): number {
    return problems[this.code].status;
  }
}

/** The document of a problem; `instance` is the path of the request. */
export function problemDocument(problem: ProblemError, instance?: string): ProblemDocument {
  const { status, title } = problems[problem.code];
  return {
    type: problemType(problem.code),
    title,
    status,
    detail: problem.message,
    ...(instance !== undefined && { instance }),
    ...problem.members,
  };
}
