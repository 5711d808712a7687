import type { ResolvedUpdate } from './events.ts';

/** Whether an update names a partner other than this one. */
export function namesAnother({ references }: ResolvedUpdate, partnerId: string): boolean {
  return references?.partner !== undefined && references.partner !== partnerId;
}
