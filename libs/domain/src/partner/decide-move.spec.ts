import { describe, expect, test } from '@jest/globals';
import { scenariosOf, timeOf } from '../kernel/test-decider.ts';
import type { PartnerCommand } from './commands.ts';
import { decidePartner } from './decide.ts';
import type { PartnerEvent } from './events.ts';
import { evolvePartner } from './evolve.ts';
import type { PartnerState } from './state.ts';
import { newPartner } from './state.ts';

const { givenCommands } = scenariosOf<PartnerState, PartnerCommand, PartnerEvent>({
  initial: newPartner,
  decide: decidePartner,
  evolve: evolvePartner,
});

const partner_id = 'P1';
const assign: PartnerCommand = {
  type: 'AssignSession',
  partner_id,
  session_id: 's1',
  completable: false,
  language: 'hi',
  updates: [],
};
const leave: PartnerCommand = { type: 'MovePartner', partner_id, move_id: 'm', from: 'a', to: 'b' };
const arrive = (cell: string): PartnerCommand => ({ type: 'ArrivePartner', partner_id, move_id: 'm', cell });
const erase: PartnerCommand = {
  type: 'RequestErasure',
  partner_id,
  request: {
    erasure_id: 'e1',
    reason: 'asked',
    requested_at: timeOf(10),
    requested_by: { role: 'human', id: 'dpo' },
  },
  keep_until: null,
};

describe('a partner that moves', () => {
  test('is in no cell until it has arrived', () => {
    const { state } = givenCommands(assign, leave);
    expect(state.home).toEqual({ cell: 'a', leaving: { move_id: 'm', to: 'b' } });
  });

  test('keeps its memory', () => {
    const { state } = givenCommands(assign, leave, arrive('b'));
    expect(state).toMatchObject({ home: { cell: 'b', moved_by: 'm' }, sessions: [{ session_id: 's1' }] });
  });

  test('arrives in no third cell', () => {
    expect(givenCommands(assign, leave).when(arrive('c'))).toBe('session_elsewhere');
  });

  test('cannot leave while it is being erased', () => {
    expect(givenCommands(assign, erase).when(leave)).toBe('erasure_in_progress');
  });

  test('is still in its cell after an erasure', () => {
    const receipt = {
      receipt_id: 'r',
      erasure_id: 'e1',
      reason: 'asked',
      requested_at: timeOf(10),
      requested_by: { role: 'human', id: 'dpo' },
      erased_at: timeOf(20),
      after: 'request',
      sessions: 1,
      keys_destroyed: 1,
      last_key_copy_gone_on: null,
      checked: [],
    } as const;
    const finish: PartnerCommand = { type: 'FinishErasure', partner_id, receipt };
    const { state } = givenCommands(assign, leave, arrive('b'), erase, finish);
    expect(state).toMatchObject({ home: { cell: 'b' }, sessions: [], privacy: { receipt } });
  });
});
