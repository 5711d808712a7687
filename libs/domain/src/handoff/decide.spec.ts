import { describe, expect, test } from '@jest/globals';
import { scenariosOf } from '../kernel/test-decider.ts';
import type { HandoffCommand } from './commands.ts';
import { decideHandoff } from './decide.ts';
import type { HandoffEvent } from './events.ts';
import { evolveHandoff } from './evolve.ts';
import type { Handoff } from './state.ts';

const initial: Handoff = 'none';
const { given } = scenariosOf<Handoff, HandoffCommand, HandoffEvent>({
  initial,
  decide: decideHandoff,
  evolve: evolveHandoff,
});
const request: HandoffCommand = { type: 'RequestHandoff', reason: 'angry' };
const accept: HandoffCommand = { type: 'AcceptHandoff', accepted_by: 'desk-4' };
const giveBack: HandoffCommand = { type: 'ReturnHandoff', note: null };
const requested: HandoffEvent = { type: 'HandoffRequested', data: { reason: 'angry' } };
const accepted: HandoffEvent = { type: 'HandoffAccepted', data: { accepted_by: 'desk-4' } };
const returned: HandoffEvent = { type: 'HandoffReturned', data: { note: null } };

describe('a handoff', () => {
  test('is requested when there is none', () => {
    expect(given().when(request)).toEqual([requested]);
  });

  test('is not requested twice', () => {
    expect(given(requested).when(request)).toBe('handoff_not_possible');
  });

  test('is accepted when it was requested', () => {
    expect(given(requested).when(accept)).toEqual([accepted]);
  });

  test('is not accepted when it was not requested', () => {
    expect(given().when(accept)).toBe('handoff_not_possible');
  });

  test.each([
    ['requested', [requested]],
    ['accepted', [requested, accepted]],
  ])('is returned when it was %s', (_, history) => {
    expect(given(...history).when(giveBack)).toEqual([returned]);
  });

  test('is not returned when there is none', () => {
    expect(given(requested, accepted, returned).when(giveBack)).toBe('handoff_not_possible');
  });
});

test('an unknown command is an error', () => {
  const command = { type: 'Unknown' } as unknown as HandoffCommand;
  expect(() => decideHandoff(command, 'none')).toThrow('Unknown command');
});

test('an unknown event changes nothing', () => {
  expect(evolveHandoff('accepted', { type: 'Unknown', data: {} } as unknown as HandoffEvent)).toBe(
    'accepted',
  );
});
