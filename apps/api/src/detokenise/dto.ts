import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsString, Length, Matches } from 'class-validator';
import { personalTypes, purposeForm, purposePattern } from '#privacy';
import type { PersonalType } from '#privacy';

const example = 'tok_phone_kbdmdopoagkcbnjhaedkcgfl_3210';

export class DetokeniseDto {
  @ApiProperty({ type: [String], minItems: 1, maxItems: 100, example: [example] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @Length(1, 100, { each: true })
  tokens: string[];

  @ApiProperty({
    example: 'refund:4711',
    pattern: purposePattern.source,
    description:
      'The purpose of showing the values. It is written to the access log, so it must not be personal.',
  })
  @IsString()
  @Matches(purposePattern, { message: `$property ${purposeForm}` })
  purpose: string;
}

class TokenValueDto {
  @ApiProperty({ example }) token: string;
  @ApiProperty({ enum: personalTypes, example: 'phone' }) type: PersonalType;
  @ApiProperty({ example: '+919876543210', description: 'In a canonical form for all of its spellings.' })
  value: string;
}

export class DetokenisedDto {
  @ApiProperty({ example: 'P7689' }) partner_id: string;
  @ApiProperty({ type: [TokenValueDto] }) values: readonly TokenValueDto[];
  @ApiProperty({
    type: [String],
    description: 'Texts that are not tokens of this partner, and tokens whose value was erased.',
    example: [],
  })
  unknown: readonly string[];
}
