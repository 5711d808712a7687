import { describe, expect, test } from '@jest/globals';
import { scenariosOf, timeOf } from '../kernel/test-decider.ts';
import type { PartnerCommand } from './commands.ts';
import { decidePartner } from './decide.ts';
import type { PartnerEvent } from './events.ts';
import { evolvePartner } from './evolve.ts';
import type { ErasureReceipt } from './privacy.ts';
import type { PartnerState } from './state.ts';
import { newPartner, noChanges } from './state.ts';

const { givenCommands } = scenariosOf<PartnerState, PartnerCommand, PartnerEvent>({
  initial: newPartner,
  decide: decidePartner,
  evolve: evolvePartner,
});

const partner_id = 'P1';
const by = { role: 'human', id: 'dpo' } as const;
const request = { erasure_id: 'e1', reason: 'asked', requested_at: timeOf(10), requested_by: by };
const assign: PartnerCommand = {
  type: 'AssignSession',
  partner_id,
  session_id: 's1',
  completable: false,
  language: 'hi',
  updates: [],
};
const erase = (keep_until: string | null = null): PartnerCommand => ({
  type: 'RequestErasure',
  partner_id,
  request,
  keep_until,
});
const announce: PartnerCommand = { type: 'AnnounceErasure', partner_id, request, due_at: timeOf(50) };
const begin = (now: string): PartnerCommand => ({ type: 'BeginErasure', partner_id, now });
const cancel: PartnerCommand = { type: 'CancelErasure', partner_id };
const hold: PartnerCommand = {
  type: 'PlaceHold',
  partner_id,
  hold: { reason: 'case-7', placed_at: timeOf(5), placed_by: by },
};
const lift: PartnerCommand = { type: 'LiftHold', partner_id };
const receipt: ErasureReceipt = {
  ...request,
  receipt_id: 'r1',
  erased_at: timeOf(20),
  after: 'request',
  sessions: 1,
  keys_destroyed: 1,
  last_key_copy_gone_on: '2026-12-31',
  checked: [],
};
const finish: PartnerCommand = { type: 'FinishErasure', partner_id, receipt };
const types = (result: readonly PartnerEvent[] | string): unknown =>
  typeof result === 'string' ? result : result.map(({ type }) => type);

describe('the retention of the memory', () => {
  const forget: PartnerCommand = { type: 'ForgetMemory', partner_id };
  const again: PartnerCommand = { ...assign, session_id: 's2' };

  test('leaves the receipt of an earlier erasure, and nothing else', () => {
    const forgotten = givenCommands(assign, erase(), finish, again).when(forget);
    expect(forgotten).toEqual([{ type: 'PartnerErased', data: { partner_id, privacy: { receipt } } }]);
    expect(givenCommands(assign, erase(), finish, again, forget).when(forget)).toEqual([]);
  });

  test('is refused without a receipt, under a hold and while an erasure is asked for', () => {
    expect(givenCommands(assign).when(forget)).toBe('no_erasure');
    expect(givenCommands(assign, erase(), finish, again, hold).when(forget)).toBe('legal_hold');
    expect(givenCommands(assign, erase(), finish, again, announce).when(forget)).toBe('erasure_in_progress');
  });
});

describe('an erasure', () => {
  test('begins at once when no data has to be kept', () => {
    expect(types(givenCommands(assign).when(erase()))).toEqual(['PartnerErasureRequested']);
  });

  test('restricts the data until the end of their retention', () => {
    const { state } = givenCommands(assign, erase(timeOf(90)));
    expect(state.privacy?.erasure).toMatchObject({ status: 'restricted', due_at: timeOf(90) });
  });

  test('begins when that time has come, not before', () => {
    const { when } = givenCommands(erase(timeOf(90)));
    expect(when(begin(timeOf(89)))).toBe('erasure_not_due');
    expect(types(when(begin(timeOf(90))))).toEqual(['PartnerErasureRequested']);
  });

  test('drops the memory as soon as it begins', () => {
    const { state } = givenCommands(assign, erase());
    expect(state).toMatchObject({ memory: newPartner.memory, sessions: [{ changes: noChanges }] });
  });

  test('remembers nothing of a session that ends while it is in progress', () => {
    const changes = { ...noChanges, preferences: { size: 'secret' } };
    const update = { session_id: 's1', over: true, changes };
    const remember: PartnerCommand = { type: 'RememberSession', partner_id, update };
    expect(types(givenCommands(assign).when(remember))).toEqual(['PartnerRemembered']);
    expect(givenCommands(assign, erase()).when(remember)).toEqual([]);
  });

  test('that is requested again changes nothing', () => {
    expect(givenCommands(erase()).when(erase())).toEqual([]);
    expect(givenCommands(erase(timeOf(90))).when(erase())).toEqual([]);
  });

  test.each([erase(), erase(timeOf(90))])('blocks new sessions while in progress', (command) => {
    expect(types(givenCommands(command).when(assign))).toMatch(/erasure_in_progress|partner_restricted/);
  });

  test('leaves only the receipt', () => {
    const { state } = givenCommands(assign, erase(), finish);
    expect(state).toEqual({ ...newPartner, privacy: { receipt } });
  });

  test('lets the partner start again, and keeps the receipt', () => {
    const { state } = givenCommands(assign, erase(), finish, assign);
    expect(state).toMatchObject({ last_session_id: 's1', memory: newPartner.memory, privacy: { receipt } });
    expect(state.sessions).toMatchObject([{ previous_session_id: null }]);
  });

  test('finishes only once', () => {
    expect(givenCommands(erase(), finish).when(finish)).toEqual([]);
  });

  test('can be cancelled while announced or restricted, not once in progress', () => {
    expect(types(givenCommands(announce).when(cancel))).toEqual(['PartnerErasureCancelled']);
    expect(types(givenCommands(erase(timeOf(90))).when(cancel))).toEqual(['PartnerErasureCancelled']);
    expect(givenCommands(erase()).when(cancel)).toBe('erasure_in_progress');
    expect(givenCommands(erase(timeOf(90)), cancel).state.privacy).toEqual({});
  });

  test('folds when the key of the memory is destroyed', () => {
    const data = { partner_id, last_session_id: 's1', memory: {}, sessions: [], privacy: {} };
    const event = { type: 'PartnerErasureRequested', data } as unknown as PartnerEvent;
    expect(evolvePartner(newPartner, event).memory).toEqual(newPartner.memory);
  });
});

describe('an announced erasure', () => {
  test('begins when its time has come', () => {
    const { state } = givenCommands(announce, begin(timeOf(50)));
    expect(state.privacy?.erasure).toMatchObject({ status: 'requested', after: 'announcement' });
  });

  test('is cancelled by a session that starts', () => {
    const { when } = givenCommands(announce);
    expect(types(when(assign))).toEqual(['PartnerErasureCancelled', 'PartnerSessionAssigned']);
    expect(givenCommands(announce, assign).state.privacy).toEqual({});
  });

  test('does not replace a requested one', () => {
    expect(givenCommands(erase(timeOf(90))).when(announce)).toEqual([]);
  });
});

describe('a legal hold', () => {
  test.each([erase(), announce])('blocks an erasure', (command) => {
    expect(givenCommands(hold).when(command)).toBe('legal_hold');
  });

  test('blocks the end of a restriction until it is lifted', () => {
    expect(givenCommands(erase(timeOf(90)), hold).when(begin(timeOf(95)))).toBe('legal_hold');
    expect(types(givenCommands(erase(timeOf(90)), hold, lift).when(begin(timeOf(95))))).toEqual([
      'PartnerErasureRequested',
    ]);
  });

  test('is refused while an erasure is in progress', () => {
    expect(givenCommands(erase()).when(hold)).toBe('erasure_in_progress');
  });

  test('stays whatever the partner does', () => {
    const update = { session_id: 's1', over: true, changes: { ...noChanges, language: 'ta' } };
    const { state } = givenCommands(hold, assign, { type: 'RememberSession', partner_id, update });
    expect(state.privacy?.hold).toMatchObject({ reason: 'case-7' });
  });
});
