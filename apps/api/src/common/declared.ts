import { declared } from '#declarations';

/** Evaluated at start, because the decorators of DTOs use them. */
export const { channels, inquiries } = declared();
