import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import type { Context } from '#domain';
import {
  conversationFlagsSchema,
  ExternalUpdateSectionDto,
  GoalStateDto,
  IdentityDto,
  OrderTrackingDto,
  SessionSectionDto,
  ShortTermMemoryDto,
} from './sections.dto.ts';
import { InquiriesDto, inquiryExample } from '../inquiries/dto.ts';
import { ExplanationDto } from './diff.dto.ts';

const order = {
  order_id: 'ORD9823',
  status: 'out_for_delivery',
  tracking_id: 'TRK551',
  updated_at: '2026-11-24T08:03:00.000Z',
  status_at: '2026-11-24T08:02:58.000Z',
  source: 'logistics',
};

/** The example that the documentation shows. */
const example: Context = {
  session_id: '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10',
  partner_id: 'P7689',
  revision: 41,
  identity: { partner_id: 'P7689', name: 'Asha', region: 'Pune', device: 'android-14' },
  session: {
    status: 'active',
    channel: 'whatsapp',
    start_time: '2026-11-24T08:00:00.000Z',
    last_activity_time: '2026-11-24T08:04:10.000Z',
    expires_in_s: 86_400,
    expires_at: '2026-11-25T08:04:10.000Z',
    previous_session_id: null,
    turn_count: 12,
  },
  order_tracking: order,
  orders: { ORD9823: order },
  goal_state: { current_goal: 'resolve_payment', step: 'verify_bank', status: 'in_progress', stack: [] },
  conversation_flags: {
    is_repeat_query: true,
    asked_about_payment: true,
    awaiting_external_data: false,
    retry_attempts: 1,
    handoff: 'none',
  },
  short_term_memory: {
    preferred_language: 'hi',
    preferences: { call_back: 'evening' },
    last_user_intent: 'ask_payment_status',
    last_bot_action: 'confirm_month',
    recent_turns: [
      {
        turn_id: '6fa459ea-ee8a-4ca4-894e-db77e160355e',
        sender: 'user',
        message_text: 'Where is my payout?',
        parsed_intent: 'ask_payment_status',
        timestamp: '2026-11-24T08:04:10.000Z',
      },
    ],
  },
  external: [
    {
      system: 'logistics',
      kind: 'shipment_updated',
      reference: 'ORD9823',
      data: { order_id: 'ORD9823', status: 'out_for_delivery', tracking_id: 'TRK551' },
      status: 'out_for_delivery',
      public_text: null,
      before_session: false,
      occurred_at_source: '2026-11-24T08:02:58.000Z',
      source_event_id: 'evt-20931',
      revision: 38,
      timestamp: '2026-11-24T08:03:00.000Z',
    },
  ],
  inquiries: { open: [], closed: [inquiryExample] },
};

const section = (name: keyof Context, description: string): PropertyDecorator =>
  ApiProperty({ description, example: example[name] });

/** The working context of a conversation. */
@ApiExtraModels(ExplanationDto)
export class ContextDto {
  @ApiProperty({ format: 'uuid', example: example.session_id }) session_id: string;
  @ApiProperty({ example: example.partner_id }) partner_id: string;
  @ApiProperty({ example: example.revision, description: 'The revision of the context.' })
  revision: number;

  @section('identity', 'Who the partner is.') identity: IdentityDto;
  @section('session', 'Status, channel, times and number of turns.') session: SessionSectionDto;

  @ApiProperty({
    type: OrderTrackingDto,
    nullable: true,
    example: example.order_tracking,
    description:
      'The order in focus: the one that the conversation mentioned last. An update about another order does not switch it.',
  })
  order_tracking: OrderTrackingDto | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: '#/components/schemas/OrderTrackingDto' },
    example: example.orders,
    description: 'By id, the order in focus and those that were mentioned or updated last; at most five.',
  })
  orders: Record<string, OrderTrackingDto>;

  @section('goal_state', 'The current goal, and the suspended ones.') goal_state: GoalStateDto;

  @ApiProperty({
    ...conversationFlagsSchema,
    example: example.conversation_flags,
    description: 'The derived flags and the raised ones.',
  })
  conversation_flags: Context['conversation_flags'];

  @section('short_term_memory', 'Language, preferences, the last intent and action, the last 10 turns.')
  short_term_memory: ShortTermMemoryDto;

  @ApiProperty({
    type: [ExternalUpdateSectionDto],
    example: example.external,
    description:
      'The latest update of each system, kind and reference, by the clocks of the systems. `data` is null above 4 KiB: ' +
      'read the event at `revision`.',
  })
  external: ExternalUpdateSectionDto[];

  @section('inquiries', 'The open inquiries and the last closed ones, with their answers.')
  inquiries: InquiriesDto;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(ExplanationDto) },
    description:
      'With `explain=1`: by the path of each field, such as `goal_state.step` or `external.0`, the event that set it last.',
  })
  explained?: Record<string, ExplanationDto>;
}
