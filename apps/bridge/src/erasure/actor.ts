/** Who erases, in the metadata of events. */
export const actor = { role: 'system', id: 'erasure' } as const;
