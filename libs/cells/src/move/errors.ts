/** Thrown when a partner cannot be moved as asked. */
export class NotMovableError extends Error {
  override readonly name = 'NotMovableError';
  readonly code = 'not_movable';
}
