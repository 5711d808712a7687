import { ApiProperty, OmitType } from '@nestjs/swagger';
import type { Session } from '#domain';
import { SessionRowDto } from './dto.ts';

/** A single session: the same fields as its row, but read from its stream. */
export class SessionDto extends OmitType(SessionRowDto, ['set_aside']) {
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    example: null,
    description: 'The partner’s previous session.',
  })
  previous_session_id: string | null;
}

export function toSessionDto({ session_id, revision, state }: Session): SessionDto {
  const { status, channel, start_time, last_activity_time, expires_at, previous_session_id, forked_from } =
    state.session;
  return {
    session_id,
    partner_id: state.identity.partner_id,
    start_time,
    last_activity_time,
    channel,
    current_task: state.goal_state.current_goal,
    language: state.short_term_memory.preferred_language,
    expires_at,
    status,
    forked_from: forked_from?.session_id ?? null,
    revision,
    previous_session_id,
  };
}
