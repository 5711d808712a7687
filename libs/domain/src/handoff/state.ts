/** Whether a human has been asked to take the conversation, or has taken it. */
export type Handoff = 'none' | 'requested' | 'accepted';
