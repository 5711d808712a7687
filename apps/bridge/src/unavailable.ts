import { isStoreUnavailable } from '#sessions';
import { isUnavailable as isServiceUnavailable } from '#platform';

/** Whether a command failed because a backing service is unavailable: worth another try. */
export function isUnavailable(error: unknown): boolean {
  return isStoreUnavailable(error) || isServiceUnavailable(error);
}
