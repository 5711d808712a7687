/** Why a message cannot be used. */
export const faultReasons = [
  'not_json',
  'not_a_cloud_event',
  'unknown_type',
  'schema_broken',
  'refused',
  'gave_up',
] as const;

export type FaultReason = (typeof faultReasons)[number];

/** Thrown when a message can never be used, however often it is tried: it goes to the dead letters with this reason. */
export class NonRetryableError extends Error {
  constructor(
    /** Stable, for machines: `not_json`, `unknown_type`, … */
    readonly reason: FaultReason,
    message: string,
  ) {
    super(message);
  }
}

/** The text of anything thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
