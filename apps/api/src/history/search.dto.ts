import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Length, ValidateBy } from 'class-validator';
import { BodyPageSize, PageCursor } from '../common/page.dto.ts';
import { timeOrders } from './dto.ts';
import { Filters } from './filters.dto.ts';

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

export class TurnSearchDto extends Filters {
  @ApiPropertyOptional({
    type: 'object',
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
      'The name of a nested value is its own member name. The whole value is compared, ignoring case. A ' +
      'personal value, such as a phone number, can only be searched together with its partner.',
  })
  @IsOptional()
  @IsEntityValue()
  entity?: EntityValue;

  @ApiPropertyOptional({
    example: 'paisa kab',
    maxLength: 500,
    description:
      'Words that must all be in the text of a turn, in any order: English, Hindi in either script. Only where the operator allows ' +
      'it (`TEXT_SEARCH`), possibly only together with a partner.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 500)
  text?: string;

  @ApiPropertyOptional({ enum: timeOrders, default: 'asc' })
  @IsOptional()
  @IsIn(timeOrders)
  order: (typeof timeOrders)[number] = 'asc';

  @BodyPageSize()
  limit = 50;

  @PageCursor()
  after?: string;
}
