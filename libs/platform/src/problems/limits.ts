/** Limits of a request: one that exceeds them is refused before anything else happens. The limits of fields are in their DTOs. */
export const requestLimits = {
  bodyBytes: 256 * 1024,
  headerBytes: 16 * 1024,
  /**
   * Code units of a part of the path; a longer one is a 414. A name of 64 characters has at most 192, so the rules of its DTO,
   * which count characters, are the only limit on it.
   */
  pathPartLength: 256,
  /** Levels of lists and objects in a body. */
  bodyDepth: 32,
  /** How long a request may take to arrive completely, checked once a second. */
  wholeMs: 10_000,
  /** How long the rest of a refused body is read and dropped. */
  lingerMs: 2_000,
  /** How long a connection may be idle, and how long reading a large answer may take. */
  unreadMs: 30_000,
} as const;
