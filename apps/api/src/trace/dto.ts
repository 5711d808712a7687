import { ApiProperty } from '@nestjs/swagger';
import { IsString, Matches } from 'class-validator';
import type { JsonObject } from '#domain';
import { visibleForm, visiblePattern } from '#privacy';
import { ActorDto } from '../context/diff.dto.ts';
import { ForkedFrom } from '../history/fork-fields.ts';

const nullable = { nullable: true } as const;

/** The path of a trace. */
export class TraceParams {
  @ApiProperty({
    type: String,
    pattern: visiblePattern.source,
    example: 'whatsapp-20931',
    description: 'The Correlation-Id of a request, or `$correlationId` of an event.',
  })
  @IsString()
  @Matches(visiblePattern, { message: visibleForm })
  correlation_id: string;
}

/** An effect of a message, with its own effects. */
export class TraceNodeDto {
  @ApiProperty({
    enum: ['message', 'event', 'request', 'acknowledgement', 'push'],
    description:
      '`message`: an update of another system, with the events that recorded it; `request`: a source of an inquiry is asked over ' +
      'Kafka, its answer is below; `acknowledgement`: an agent instance has processed the update; `push`: the owner of the session has ' +
      'not acknowledged it.',
  })
  kind: 'message' | 'event' | 'request' | 'acknowledgement' | 'push';
  @ApiProperty({ example: 'InquiryOpened' }) type: string;
  @ApiProperty({ type: String, format: 'uuid', ...nullable }) session_id: string | null;
  @ApiProperty({ type: String, format: 'uuid', ...nullable }) event_id: string | null;
  @ApiProperty({ type: Number, ...nullable, example: 4 }) revision: number | null;
  @ApiProperty({ format: 'date-time' }) occurred_at: string;
  @ApiProperty({ format: 'date-time', description: 'When the event store stored it.' }) created: string;
  @ApiProperty({ type: ActorDto, ...nullable }) actor: ActorDto | null;
  @ApiProperty({ type: String, ...nullable, description: 'The id of the message that caused it.' })
  causation_id: string | null;
  @ForkedFrom() forked_from: string | null;
  @ApiProperty({
    type: Boolean,
    ...nullable,
    description:
      'Whether its public form went out on `conversation.events`; null: it has none, or the event store does not say where it is.',
  })
  published: boolean | null;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { inquiry_id: '6fa459ea-ee8a-4ca4-894e-db77e160355e', kind: 'order_status' },
    description: 'Ids, names and states that identify it; nothing personal.',
  })
  detail: JsonObject;
  @ApiProperty({ type: () => [TraceNodeDto] }) children: TraceNodeDto[];
}

/** All effects of one message, as a tree. */
export class TraceDto {
  @ApiProperty({ example: 'whatsapp-20931' }) correlation_id: string;
  @ApiProperty({ type: [String], description: 'The sessions that it reached.' }) session_ids: string[];
  @ApiProperty({ example: 7, description: 'How many events it has.' }) events: number;
  @ApiProperty({ format: 'date-time' }) started_at: string;
  @ApiProperty({ format: 'date-time' }) ended_at: string;
  @ApiProperty({
    description:
      'Whether there is more than the maximum of 200 sessions, 2,000 events and 2,000 acknowledgements, or a session that cannot be read, ' +
      'so that it is unknown whether the token reaches it.',
  })
  truncated: boolean;
  @ApiProperty({ type: [TraceNodeDto] }) children: TraceNodeDto[];
}
