import { randomUUID } from 'node:crypto';
import { v5 } from 'uuid';
import type { SessionCommand, StartSession } from '#domain';
import type { AnyItem } from './command-items.dto.ts';
import type {
  ExternalUpdateDto,
  HandoffDto,
  RecordTurnDto,
  SetGoalDto,
  StartSessionDto,
  UpdateGoalDto,
} from './commands.dto.ts';

/** A start without the partner's memory, which is fetched later. `sessionIdleS` is the expiry when none is asked for. */
export function startSession(dto: StartSessionDto, sessionIdleS: number): Omit<StartSession, 'memory'> {
  return {
    type: 'StartSession',
    partner_id: dto.partner_id,
    channel: dto.channel,
    language: dto.language ?? null,
    region: dto.region ?? null,
    name: dto.name ?? null,
    device: dto.device ?? null,
    expires_in_s: dto.expires_in_s ?? sessionIdleS,
  };
}

/** A turn as a command. The reply's turn id derives from the turn's, so the same turn gives the same reply. */
export function recordTurn(dto: RecordTurnDto, turn_id: string): SessionCommand {
  const { response_text } = dto;
  return {
    type: 'RecordTurn',
    turn_id,
    message_id: dto.message_id ?? null,
    sender: dto.sender,
    message_text: dto.message_text,
    parsed_intent: dto.parsed_intent ?? null,
    intent_confidence: dto.intent_confidence ?? null,
    extracted_entities: dto.extracted_entities ?? {},
    in_reply_to: dto.in_reply_to ?? null,
    bot_action: dto.bot_action ?? null,
    response: response_text ? { turn_id: v5('response', turn_id), message_text: response_text } : null,
  };
}

/** The turn id that a request's turn gets: the caller's own, else one that derives from the request's command id. */
export function turnIdOf(
  dto: RecordTurnDto,
  sessionId: string,
  commandId: string | undefined,
  index = 0,
): string {
  if (dto.turn_id !== undefined && dto.turn_id !== null) return dto.turn_id.toLowerCase();
  return commandId === undefined ? randomUUID() : v5(`${commandId}:turn:${index}`, sessionId);
}

export function setGoal({ goal, step }: SetGoalDto): SessionCommand {
  return { type: 'SetGoal', goal, step: step ?? null };
}

export function updateGoal(goal: string, { step, status }: UpdateGoalDto): SessionCommand {
  return { type: 'UpdateGoal', goal, step: step ?? null, status: status ?? null };
}

export function handoff(dto: HandoffDto, caller: string): SessionCommand {
  switch (dto.action) {
    case 'request':
      return { type: 'RequestHandoff', reason: dto.reason ?? null };
    case 'accept':
      return { type: 'AcceptHandoff', accepted_by: dto.accepted_by ?? caller };
    case 'return':
      return { type: 'ReturnHandoff', note: dto.note ?? null };
    default:
      return dto.action satisfies never;
  }
}

export function externalUpdate(dto: ExternalUpdateDto): SessionCommand {
  const { system, kind, data, source_event_id } = dto;
  return {
    type: 'RecordExternalUpdate',
    system,
    kind,
    reference: dto.reference ?? null,
    data,
    source_event_id,
  };
}

/** One item of `…/commands`. */
export function itemCommand(
  item: AnyItem,
  turnId: (turn: RecordTurnDto) => string,
  caller: string,
): SessionCommand {
  switch (item.type) {
    case 'RecordTurn':
      return recordTurn(item, turnId(item));
    case 'SetGoal':
      return setGoal(item);
    case 'UpdateGoal':
      return updateGoal(item.goal, item);
    case 'RaiseFlag':
      return { type: 'RaiseFlag', flag: item.flag, value: item.value ?? true };
    case 'ClearFlag':
      return { type: 'ClearFlag', flag: item.flag };
    case 'SwitchChannel':
      return { type: 'SwitchChannel', channel: item.channel };
    case 'ChangePreferences':
      return { type: 'ChangePreferences', preferences: item.preferences };
    case 'Handoff':
      return handoff(item, caller);
    case 'EndSession':
      return { type: 'EndSession', reason: item.reason ?? null };
    case 'RecordExternalUpdate':
      return externalUpdate(item);
    default:
      return item satisfies never;
  }
}
