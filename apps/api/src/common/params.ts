import { ApiProperty } from '@nestjs/swagger';
import { IsId } from './validators.ts';

/** The path of a session. */
export class SessionParams {
  @ApiProperty({ type: String, format: 'uuid' })
  @IsId()
  session_id: string;
}
