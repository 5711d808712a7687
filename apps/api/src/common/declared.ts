import { declared } from '#declarations';

/** What the decorators of DTOs name, which count from the start of the process. */
export const { channels, inquiries } = declared();
