import type { Update } from './update.ts';

/** For specs. */
export function testUpdate(revision: number): Update {
  return {
    session_id: 'session',
    revision,
    event: {
      event_id: `event-${revision}`,
      type: 'FlagRaised',
      revision,
      data: {},
      occurred_at: '2026-11-24T08:00:00.000Z',
      actor: { role: 'system', id: 'spec' },
      correlation_id: 'spec',
    },
  };
}
