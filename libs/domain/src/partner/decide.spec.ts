import { describe, expect, test } from '@jest/globals';
import { scenariosOf } from '../kernel/test-decider.ts';
import type { RememberPartner } from './commands.ts';
import { decidePartner } from './decide.ts';
import type { PartnerRemembered } from './events.ts';
import { evolvePartner } from './evolve.ts';
import type { PartnerMemory } from './state.ts';

const { given } = scenariosOf<PartnerMemory | null, RememberPartner, PartnerRemembered>({
  initial: null,
  decide: decidePartner,
  evolve: evolvePartner,
});

const memory: PartnerMemory = {
  session_id: 's1',
  start_time: '2026-11-24T08:00:00.000Z',
  language: 'hi',
  preferences: { call_back: 'evening' },
  open_goals: [{ goal: 'pay', step: null }],
};
const remember = (changes: Partial<PartnerMemory> = {}): RememberPartner => ({
  type: 'RememberPartner',
  partner_id: 'P1',
  memory: { ...memory, ...changes },
});
const remembered = (changes: Partial<PartnerMemory> = {}): PartnerRemembered => ({
  type: 'PartnerRemembered',
  data: { partner_id: 'P1', ...memory, ...changes },
});

describe('the memory of a partner', () => {
  test('begins with the first session', () => {
    expect(given().when(remember())).toEqual([remembered()]);
  });

  test('is what the last event says', () => {
    expect(given(remembered(), remembered({ language: 'ta' })).state).toEqual({ ...memory, language: 'ta' });
  });

  test('follows its session', () => {
    expect(given(remembered()).when(remember({ language: 'ta' }))).toEqual([remembered({ language: 'ta' })]);
  });

  test('is not recorded again when it is the same', () => {
    expect(given(remembered()).when(remember())).toEqual([]);
  });

  test('is not overwritten by an older session', () => {
    expect(given(remembered()).when(remember({ session_id: 's0', start_time: '2026-11-23' }))).toEqual([]);
  });

  test('is overwritten by a newer session', () => {
    const newer = { session_id: 's2', start_time: '2026-11-25' };
    expect(given(remembered()).when(remember(newer))).toEqual([remembered(newer)]);
  });
});
