import { ApiProperty } from '@nestjs/swagger';
import { IsId } from './validators.ts';

/** The path of a session. */
export class SessionParams {
  @ApiProperty()
  @IsId()
  session_id: string;
}
