import { ApiProperty } from '@nestjs/swagger';
import type { CommandResult } from '#sessions';

export class AppendedEventDto {
  @ApiProperty({ format: 'uuid' })
  event_id: string;

  @ApiProperty({ example: 'TurnRecorded' })
  type: string;

  @ApiProperty({ example: 4 })
  revision: number;
}

/** The result of a command. */
export class CommandResultDto {
  @ApiProperty({ format: 'uuid' })
  session_id: string;

  @ApiProperty({ example: 4, description: 'The revision of the last event that the command appended.' })
  revision: number;

  @ApiProperty({ type: [AppendedEventDto], description: 'Empty when the command changed nothing.' })
  events: AppendedEventDto[];
}

export function toCommandResultDto(result: CommandResult): CommandResultDto {
  return {
    session_id: result.session.session_id,
    revision: result.revision,
    events: result.events.map(({ event_id, type, revision }) => ({ event_id, type, revision })),
  };
}
