/** What a request may be: one that is more is refused before anything is done with it. What its fields may be, their DTOs say. */
export const requestLimits = {
  bodyBytes: 256 * 1024,
  headerBytes: 16 * 1024,
  /**
   * Code units of a part of the path; more is a 414. A name of 64 characters has at most 192: the rules of its DTO, which
   * count characters, are the only limit on it.
   */
  pathPartLength: 256,
  /** Levels of lists and objects in a body. */
  bodyDepth: 32,
  /** How long a request may take to come whole, looked at once a second. */
  wholeMs: 10_000,
  /** How long a connection may stand still, and a large answer may take to be read. */
  unreadMs: 30_000,
} as const;
