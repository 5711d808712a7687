import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import { IsId, IsName, IsOpaque } from './validators.ts';

/** The path of a session. */
export class SessionParams {
  @ApiProperty({ type: String, format: 'uuid' })
  @IsId()
  session_id: string;
}

/** The id of a partner. */
function PartnerId(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ type: String, example: 'P7689', maxLength: 64, description: 'The delivery partner.' }),
    IsString(),
    Length(1, 64),
    IsName(),
  );
}

/** The id of a partner for whom a session may be started. */
export function NewPartnerId(): PropertyDecorator {
  return applyDecorators(PartnerId(), IsOpaque());
}

/** The path of a partner for whom a session may be started. */
export class NewPartnerParams {
  @NewPartnerId()
  partner_id: string;
}

/** The path of a partner. */
export class PartnerParams {
  @PartnerId()
  partner_id: string;
}
