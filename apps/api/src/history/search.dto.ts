import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsOptional, IsString, Length, Max, Min, ValidateBy } from 'class-validator';
import type { ForkChoice } from '#read-models';
import { IsTime } from '../common/query-values.ts';
import { ForkFilter } from './fork-fields.ts';

/** The name of an entity, and a value of it. */
interface EntityValue {
  readonly name: string;
  readonly value: string | number | boolean;
}

function IsEntityValue(): PropertyDecorator {
  return ValidateBy({
    name: 'isEntityValue',
    validator: {
      validate: isEntityValue,
      defaultMessage: () =>
        '$property must hold a name of 1 to 100 characters and a value: a text of 1 to 1,000 characters, a number, true or false',
    },
  });
}

function isEntityValue(entity: unknown): entity is EntityValue {
  if (typeof entity !== 'object' || entity === null || Object.keys(entity).length !== 2) return false;
  const { name, value } = entity as Record<string, unknown>;
  if (typeof name !== 'string' || name === '' || name.length > 100) return false;
  if (typeof value === 'string') return value !== '' && value.length <= 1_000;
  return typeof value === 'boolean' || Number.isFinite(value);
}

export class TurnSearchDto {
  @ApiProperty({
    type: 'object',
    selfRequired: true,
    required: ['name', 'value'],
    additionalProperties: false,
    properties: {
      name: { type: 'string', minLength: 1, maxLength: 100 },
      value: {
        oneOf: [{ type: 'string', minLength: 1, maxLength: 1_000 }, { type: 'number' }, { type: 'boolean' }],
      },
    },
    example: { name: 'month', value: 'October' },
    description:
      'The name is the own one of a value within an object. The value is compared as a whole, whatever the case. A ' +
      'personal one, as a phone number, is found with its partner only.',
  })
  @IsEntityValue()
  entity: EntityValue;

  @ApiPropertyOptional({ example: 'P7689' })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  partner_id?: string;

  @ForkFilter('Turns of forks are left out by default.')
  forks?: ForkChoice;

  @ApiPropertyOptional({ format: 'date-time', description: 'At or after this time.' })
  @IsOptional()
  @IsTime()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Before this time.' })
  @IsOptional()
  @IsTime()
  to?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 500, default: 50 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(500)
  limit = 50;

  @ApiPropertyOptional({ description: 'The `next` of the previous page.' })
  @IsOptional()
  @IsString()
  @Length(1, 1_000)
  after?: string;
}
