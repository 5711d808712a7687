/** The speaker of a turn. */
export const senders = ['user', 'bot'] as const;
export type Sender = (typeof senders)[number];
