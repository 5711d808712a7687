/** The actor of erasures in the metadata of events. */
export const actor = { role: 'system', id: 'erasure' } as const;
