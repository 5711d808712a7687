import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Actor, Json } from '#domain';

const anyJson = {
  description: 'Any JSON value.',
  nullable: true,
  oneOf: [
    { type: 'string' },
    { type: 'number' },
    { type: 'boolean' },
    { type: 'array', items: {} },
    { type: 'object', additionalProperties: true },
  ],
};

/** Who caused an event. */
export class ActorDto implements Actor {
  @ApiProperty({ type: String, example: 'agent' }) role: Actor['role'];
  @ApiProperty({ example: 'support-bot' }) id: string;
  @ApiPropertyOptional({ example: 'bot-7' }) instance?: string;
}

/** The event that set a field, and its origin. */
export class ExplanationDto {
  @ApiProperty({ format: 'uuid' }) event_id: string;
  @ApiProperty({ example: 'ExternalUpdateRecorded' }) type: string;
  @ApiProperty({ example: 38 }) revision: number;
  @ApiProperty({ format: 'date-time' }) occurred_at: string;
  @ApiProperty() actor: ActorDto;
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'logistics',
    description: 'The other system that reported it; null: none.',
  })
  system: string | null;
  @ApiProperty({
    example: 'logistics',
    description: 'The system, or else the instance of the actor, or else its id.',
  })
  set_by: string;
}

/** A changed field. `before` is left out for a new one, `after` for a removed one. */
export class FieldChangeDto {
  @ApiProperty({
    example: '/order_tracking/status',
    description: 'A JSON Pointer (RFC 6901) into the context.',
  })
  path: string;
  @ApiPropertyOptional({ ...anyJson, example: 'shipped' }) before?: Json;
  @ApiPropertyOptional({ ...anyJson, example: 'out_for_delivery' }) after?: Json;
  @ApiProperty({ description: 'The last event that changed the field.' }) event: ExplanationDto;
}

/** What changed between two revisions of a context. */
export class ContextDiffDto {
  @ApiProperty({ format: 'uuid' }) session_id: string;
  @ApiProperty({ example: 'P7689' }) partner_id: string;
  @ApiProperty({ example: 37, description: '-1: before the session began.' }) from: number;
  @ApiProperty({ example: 41 }) to: number;
  @ApiProperty({ type: [FieldChangeDto] }) changes: FieldChangeDto[];
}
