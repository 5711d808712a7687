/** Why a message went to the dead letters; values of the header `dead_letter_reason`. */
export const deadLetterReasons = [
  'not_json',
  'not_a_cloud_event',
  'unknown_type',
  'schema_broken',
  'refused',
  'gave_up',
  'unreadable',
  'process_died',
] as const;

type DeadLetterReason = (typeof deadLetterReasons)[number];

/** Thrown when a message can never be processed, however often it is retried: it goes to the dead letters. */
export class NonRetryableError extends Error {
  constructor(
    readonly code: DeadLetterReason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The text of any thrown value. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
