import { parseTime } from '#platform';
import { uuidPattern } from '../common/uuid.ts';

/** Thrown when a page cursor was not returned by a query of this kind. */
export class InvalidCursorError extends Error {
  readonly code = 'invalid_cursor';

  constructor() {
    super('The page cursor is not one of ours.');
  }
}

const shapes = {
  time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z$/,
  uuid: uuidPattern,
  number: /^\d{1,15}$/,
  // PostgreSQL does not accept NUL.
  text: /^[^\0]{1,200}$/,
} as const;

type Shape = keyof typeof shapes;

/** The place after which the next page starts, opaque to callers. */
export function encodeCursor(values: readonly string[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** @throws InvalidCursorError */
export function decodeCursor(cursor: string, shape: readonly Shape[]): string[] {
  const values = cursorValues(cursor);
  const fits = shape.every((kind, index) => {
    const value = values[index];
    return (
      typeof value === 'string' &&
      shapes[kind].test(value) &&
      (kind !== 'time' || parseTime(value) !== undefined)
    );
  });
  if (!fits || values.length !== shape.length) throw new InvalidCursorError();
  return values as string[];
}

/** The values in a cursor. @throws InvalidCursorError */
export function cursorValues(cursor: string): unknown[] {
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(values)) return values;
  } catch {
    // Not JSON: rejected below.
  }
  throw new InvalidCursorError();
}
