/** JSON Schema (draft 7) of Turnstream's own messages: validates arriving messages and documents them in docs/asyncapi.json. */

export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** A partner's id and a source's name are no longer than this (characters). */
const id = { type: 'string', minLength: 1, maxLength: 200 } as const;
const text = { type: 'string', maxLength: 1_000 } as const;
const time = { type: 'string', format: 'date-time' } as const;

/** An id or source is no longer than this (characters): together they identify a command, in stream, context and cache. */
export const nameLimit = 500;
const name = { type: 'string', minLength: 1, maxLength: nameLimit } as const;
const nullableText = { type: ['string', 'null'] } as const;

/** The attributes of a CloudEvent; extensions may be added. */
export const cloudEventSchema: JsonSchema = {
  type: 'object',
  required: ['specversion', 'id', 'source', 'type'],
  properties: {
    specversion: { const: '1.0' },
    id: name,
    source: name,
    type: name,
    time: { ...nullableText, format: 'date-time', pattern: '^[0-9-]{10}[Tt]' },
    subject: nullableText,
    datacontenttype: nullableText,
    dataschema: nullableText,
  },
};

const uuid = { type: 'string', format: 'uuid' } as const;

export const inquiryRequestType = 'inquiry.requested.v1';
export const inquiryRequestSchema: JsonSchema = {
  type: 'object',
  required: ['inquiry_id', 'session_id', 'source', 'kind', 'attempt', 'deadline', 'request'],
  properties: {
    inquiry_id: uuid,
    session_id: uuid,
    source: id,
    kind: text,
    attempt: { type: 'integer', minimum: 1 },
    deadline: {
      ...time,
      description: 'A reply after this is late: it is recorded, but the inquiry stays closed.',
    },
    request: { type: 'object', description: 'What is asked, as the kind of inquiry declares.' },
  },
  additionalProperties: false,
};

export const inquiryReplyType = 'inquiry.replied.v1';
export const inquiryReplySchema: JsonSchema = {
  type: 'object',
  required: ['inquiry_id', 'session_id', 'source', 'attempt', 'status'],
  properties: {
    inquiry_id: uuid,
    session_id: uuid,
    source: id,
    attempt: { type: 'integer', minimum: 1 },
    status: { enum: ['ok', 'failed'] },
    data: { type: 'object', description: 'The answer, at most 8,192 characters of JSON; of status ok.' },
    reason: { ...text, description: 'Why there is none; of status failed.' },
    retryable: {
      type: 'boolean',
      default: false,
      description: 'Whether asking again may help; of status failed. Missing: no, the failure is for good.',
    },
  },
  oneOf: [
    { required: ['data'], properties: { status: { const: 'ok' } } },
    { required: ['reason'], properties: { status: { const: 'failed' } } },
  ],
  additionalProperties: true,
};

/** Optional fields of published events. */
const optionalFields: { readonly [name: string]: JsonSchema } = {
  external_update_recorded: {
    status: {
      ...text,
      description:
        'The state that the update reports, as the declaration of its type finds it; not of an update that an agent sent.',
    },
    public_text: { ...text, description: 'What the declaration of its type names as public.' },
  },
};

const revision = { type: 'integer', minimum: 0, description: 'Counts the events of the session.' } as const;

/** The type under which an event of a session is published, if there is a schema of it. */
export function conversationType(eventType: string): string {
  return `conversation.${snakeCase(eventType)}.v1`;
}

function snakeCase(type: string): string {
  return type.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}

/** Data of the published conversation events, by type. None of it is personal. */
export const conversationSchemas: { readonly [type: string]: JsonSchema } = Object.fromEntries(
  Object.entries({
    session_started: { partner_id: id, channel: text, language: text, previous_session_id: nullableText },
    channel_switched: { channel: text, previous_channel: text },
    preference_changed: { name: text },
    session_ended: {},
    session_expired: {},
    session_erased: {},
    turn_recorded: {
      turn_id: text,
      sender: { enum: ['user', 'bot'] },
      parsed_intent: nullableText,
      intent_confidence: { type: ['number', 'null'] },
      in_reply_to: nullableText,
      bot_action: nullableText,
    },
    goal_set: { goal: text },
    goal_advanced: { goal: text },
    goal_suspended: { goal: text },
    goal_resumed: { goal: text },
    goal_completed: { goal: text },
    goal_abandoned: { goal: text },
    flag_raised: { flag: text },
    flag_cleared: { flag: text },
    handoff_requested: {},
    handoff_accepted: {},
    handoff_returned: {},
    agent_attached: { instance: text, epoch: { type: 'integer' } },
    agent_detached: { instance: text, epoch: { type: 'integer' } },
    external_update_recorded: { system: text, kind: text, source_event_id: text },
    inquiry_opened: { inquiry_id: text, kind: text, sources: { type: 'array', items: text }, deadline: time },
    inquiry_answered: { inquiry_id: text, source: text, attempt: { type: 'integer' } },
    inquiry_failed: {
      inquiry_id: text,
      source: text,
      attempt: { type: 'integer' },
      retry_at: nullableText,
    },
    inquiry_closed: {
      inquiry_id: text,
      kind: text,
      outcome: { enum: ['complete', 'partial', 'failed', 'expired', 'cancelled'] },
      cause: text,
    },
    inquiry_corrected: { inquiry_id: text, source: text, cause: { enum: ['late', 'duplicate'] } },
  }).map(([name, properties]) => [
    `conversation.${name}.v1`,
    {
      type: 'object',
      required: ['session_id', 'revision', ...Object.keys(properties)],
      properties: { session_id: uuid, revision, ...properties, ...optionalFields[name] },
      additionalProperties: false,
    },
  ]),
);
