import { ApiProperty } from '@nestjs/swagger';
import type { JsonObject } from '#domain';
import { IsPreferences } from '../../common/validators.ts';
import { defineCommand } from './definition.ts';

export class ChangePreferencesDto {
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { language: 'hi', call_back: 'evening' },
    description: 'Names and values; null removes one. `language` is the preferred language.',
  })
  @IsPreferences({ keys: 32 })
  preferences: JsonObject;
}

export const changePreferences = defineCommand({
  type: 'ChangePreferences',
  summary: 'Change preferences',
  body: ChangePreferencesDto,
  toCommand: ({ preferences }) => ({ type: 'ChangePreferences', preferences }),
});
