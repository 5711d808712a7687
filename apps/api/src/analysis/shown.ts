import { turnRules } from '../history/shown.ts';
import { mask } from '../privacy/mask.ts';
import type { Answer } from '../privacy/shows.ts';
import type { TimelinePageDto } from './dto.ts';

export const shownTimeline: Answer<TimelinePageDto> = {
  action: 'read_timeline',
  mask: ({ items, ...more }) => ({
    ...more,
    items: items.map(({ turn, ...item }) => ({ ...item, turn: turn && mask(turn, turnRules) })),
  }),
  shown: ({ items, partner_id }) => {
    const sessions = new Set(items.filter(({ turn }) => turn !== null).map(({ session_id }) => session_id));
    return [...sessions].map((session_id) => ({ session_id, partner_id }));
  },
};
