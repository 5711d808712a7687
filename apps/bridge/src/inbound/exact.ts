import type { Received } from '#messaging';
import { NonRetryableError } from '#messaging';
import { inexactNumbers } from '#platform';

/** The message, unless parsing would change a number. @throws NonRetryableError */
export function exact(message: Received): Received {
  const [fault] = inexactNumbers(message.value?.toString() ?? '');
  if (fault === undefined) return message;
  throw new NonRetryableError('schema_broken', `${fault.field} ${fault.message}`);
}
