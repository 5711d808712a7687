import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { ApiPropertyOptions } from '@nestjs/swagger';
import type { Context, Home, Sender, SessionStatus } from '#domain';
import { senders } from '#domain';

type Order = NonNullable<Context['order_tracking']>;
type Update = Context['external'][number];
type Json = Context['short_term_memory']['preferences'];

const nullableText: ApiPropertyOptions = { type: String, nullable: true };
const time: ApiPropertyOptions = { type: String, format: 'date-time' };
const anyObject: ApiPropertyOptions = { type: 'object', additionalProperties: true };

export class IdentityDto {
  @ApiProperty() partner_id: string;
  @ApiProperty(nullableText) name: string | null;
  @ApiProperty(nullableText) region: string | null;
  @ApiProperty(nullableText) device: string | null;
}

/** The origin of a fork. */
export class ForkedFromDto {
  @ApiProperty({ format: 'uuid' }) session_id: string;
  @ApiProperty({ example: 41, description: 'The revision of that session.' }) revision: number;
  @ApiProperty({ example: 'what_if' }) purpose: string;
}

/** The cell in which the session takes commands. */
export class HomeDto {
  @ApiProperty({ example: 'a' }) cell: string;
  @ApiPropertyOptional({
    type: 'object',
    properties: { move_id: { type: 'string', format: 'uuid' }, to: { type: 'string', example: 'b' } },
    description: 'Present while it moves to another cell: it takes no commands until it has arrived.',
  })
  leaving?: Home['leaving'];
  @ApiPropertyOptional({
    format: 'uuid',
    description: 'The last move that arrived or was aborted; earlier moves no longer count.',
  })
  moved_by?: string;
}

export class SessionSectionDto {
  @ApiProperty({ enum: ['active', 'ended', 'expired', 'erased'] }) status: SessionStatus;
  @ApiProperty({ example: 'whatsapp' }) channel: string;
  @ApiProperty(time) start_time: string;
  @ApiProperty(time) last_activity_time: string;
  @ApiProperty({ description: 'Seconds without activity until the session expires.' }) expires_in_s: number;
  @ApiProperty(time) expires_at: string;
  @ApiProperty({ ...nullableText, format: 'uuid' }) previous_session_id: string | null;
  @ApiProperty() turn_count: number;
  @ApiPropertyOptional({ type: ForkedFromDto, description: 'Of a fork only.' }) forked_from?: ForkedFromDto;
  @ApiPropertyOptional({ type: HomeDto, description: 'Of an installation with cells only.' }) home?: HomeDto;
}

export class OrderTrackingDto {
  @ApiProperty() order_id: string;
  @ApiProperty({
    ...nullableText,
    description: 'The latest report about the order or its shipment, by the clocks of the systems.',
  })
  status: Order['status'];
  @ApiProperty(nullableText) tracking_id: Order['tracking_id'];
  @ApiProperty({ ...time, description: 'When it was last updated.' })
  updated_at: Order['updated_at'];
  @ApiProperty({
    ...time,
    nullable: true,
    description: 'The time since which it has that status, by the clock of `source`.',
  })
  status_at: Order['status_at'];
  @ApiProperty({ ...nullableText, description: 'The system that reported that status.' })
  source: Order['source'];
}

export class SuspendedGoalDto {
  @ApiProperty() goal: string;
  @ApiProperty(nullableText) step: string | null;
  @ApiProperty({ enum: ['suspended'] }) status: 'suspended';
}

export class GoalStateDto {
  @ApiProperty(nullableText) current_goal: string | null;
  @ApiProperty(nullableText) step: string | null;
  @ApiProperty({ type: String, enum: ['in_progress', null], nullable: true }) status: 'in_progress' | null;
  @ApiProperty({ type: [SuspendedGoalDto], description: 'Suspended goals, latest last.' })
  stack: SuspendedGoalDto[];
}

export class RecentTurnDto {
  @ApiProperty({ format: 'uuid' }) turn_id: string;
  @ApiProperty({ enum: senders }) sender: Sender;
  @ApiProperty() message_text: string;
  @ApiProperty(nullableText) parsed_intent: string | null;
  @ApiProperty(time) timestamp: string;
}

export class ShortTermMemoryDto {
  @ApiProperty({ example: 'hi' }) preferred_language: string;
  @ApiProperty(anyObject) preferences: Json;
  @ApiProperty(nullableText) last_user_intent: string | null;
  @ApiProperty(nullableText) last_bot_action: string | null;
  @ApiProperty({ type: [RecentTurnDto], description: 'The last 10 turns, latest last.' })
  recent_turns: RecentTurnDto[];
}

export class ExternalUpdateSectionDto {
  @ApiProperty() system: string;
  @ApiProperty() kind: string;
  @ApiProperty(nullableText) reference: string | null;
  @ApiProperty({ ...anyObject, nullable: true }) data: Json | null;
  @ApiProperty({ ...nullableText, description: 'The reported state.' }) status: Update['status'];
  @ApiProperty({ ...nullableText, description: 'A text that may be shown; nothing personal.' })
  public_text: Update['public_text'];
  @ApiProperty({ description: 'Whether it arrived before the session began.' })
  before_session: boolean;
  @ApiProperty({ ...time, nullable: true, description: 'When it happened, by the clock of its system.' })
  occurred_at_source: Update['occurred_at_source'];
  @ApiProperty({ description: 'Its id in its system.' }) source_event_id: string;
  @ApiProperty() revision: number;
  @ApiProperty(time) timestamp: string;
}

/** The derived flags; raised flags are added beside them. */
export const conversationFlagsSchema = {
  type: 'object',
  additionalProperties: true,
  selfRequired: true,
  required: [
    'is_repeat_query',
    'asked_about_payment',
    'awaiting_external_data',
    'retry_attempts',
    'handoff',
  ] as string[],
  properties: {
    is_repeat_query: { type: 'boolean' },
    asked_about_payment: { type: 'boolean' },
    awaiting_external_data: { type: 'boolean' },
    retry_attempts: { type: 'integer' },
    handoff: { type: 'string', enum: ['none', 'requested', 'accepted'] as string[] },
  },
} as const;
