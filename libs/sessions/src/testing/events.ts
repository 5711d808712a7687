import { randomUUID } from 'node:crypto';
import type { EventData } from '@eventstore/db-client';

/** New session events whose step distinguishes them or makes them large. */
export function goals(count: number, step: string | null = null): EventData[] {
  return Array.from({ length: count }, (_, index) => ({
    contentType: 'application/json' as const,
    id: randomUUID(),
    type: 'GoalSet',
    data: { goal: `goal-${index}`, step },
    metadata: undefined,
  }));
}
