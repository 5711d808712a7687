import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { plainToInstance, Transform } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, ValidateNested } from 'class-validator';
import type { SessionCommand } from '#domain';
import type { FieldError } from '#platform';
import { validationFailed } from '#platform';
import type { CommandDefinition, Conversion } from './definition.ts';
import { commandDefinitions } from './list.ts';

type Definition = (typeof commandDefinitions)[number];
type Item = InstanceType<Definition['item']>;

const types = commandDefinitions.map(({ type }) => type);
const items = commandDefinitions.map(({ item }) => item);
const paths = commandDefinitions.map(({ type, item }) => [type, getSchemaPath(item)] as const);
const definitions = new Map<string, CommandDefinition>(commandDefinitions.map((item) => [item.type, item]));

/** What an item is validated as when its type is unknown. */
class UnknownItem {
  @IsIn(types)
  type: Definition['type'];
}

@ApiExtraModels(...items)
export class CommandsDto {
  @ApiProperty({
    type: 'array',
    minItems: 1,
    maxItems: 50,
    items: {
      oneOf: paths.map(([, $ref]) => ({ $ref })),
      discriminator: { propertyName: 'type', mapping: Object.fromEntries(paths) },
    },
    example: [
      { type: 'SetGoal', goal: 'resolve_payment' },
      { type: 'RaiseFlag', flag: 'vip' },
    ],
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @ValidateNested({ each: true })
  @Transform(({ obj }: { obj: { commands?: unknown } }) => toItems(obj.commands))
  commands: Item[];
}

/** Each object of a list as an instance of its type's class. The discriminator of class-transformer fails on null. */
function toItems(value: unknown): unknown {
  return Array.isArray(value) ? value.map((item: unknown) => toItem(item)) : value;
}

function toItem(item: unknown): unknown {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
  const type = 'type' in item && typeof item.type === 'string' ? item.type : '';
  return plainToInstance<object, object>(definitions.get(type)?.item ?? UnknownItem, item);
}

/** The field that an id comes from, by what the id begins with. */
const idFields: Readonly<Record<string, string>> = {
  turn: 'turn_id',
  message: 'message_id',
  source: 'source_event_id',
};

/**
 * The ids of all items by which a repetition is recognized.
 * @throws ProblemError `validation_failed` when two items have the same: one of them would be lost
 */
export function deduplicationIdsOf({ commands }: CommandsDto): string[] {
  const owners = new Map<string, number>();
  const errors: FieldError[] = [];
  for (const [index, item] of commands.entries()) {
    for (const id of definitionOf(item).deduplicationIds(item)) {
      const owner = owners.get(id);
      const field = `commands[${index}].${idFields[id.slice(0, id.indexOf(':'))] ?? 'type'}`;
      if (owner === undefined) owners.set(id, index);
      else errors.push({ field, message: `is the same as in commands[${owner}]` });
    }
  }
  if (errors.length > 0) throw validationFailed(errors);
  return [...owners.keys()];
}

export function toCommands(
  { commands }: CommandsDto,
  conversionAt: (index: number) => Conversion,
): SessionCommand[] {
  return commands.map((item, index) => definitionOf(item).toCommand(item, conversionAt(index)));
}

function definitionOf({ type }: Item): CommandDefinition {
  const definition = definitions.get(type);
  if (definition === undefined) throw new Error(`There is no command "${type}".`);
  return definition;
}
