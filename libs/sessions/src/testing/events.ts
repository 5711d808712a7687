import { randomUUID } from 'node:crypto';
import type { EventData } from '@eventstore/db-client';

/** New events of the kind that a session has. */
export function goals(count: number): EventData[] {
  return Array.from({ length: count }, (_, index) => ({
    contentType: 'application/json' as const,
    id: randomUUID(),
    type: 'GoalSet',
    data: { goal: `goal-${index}`, step: null },
    metadata: undefined,
  }));
}
