import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import type { SessionCommand } from '#domain';
import type { FieldError } from '#platform';
import { ItemsByType, validationFailed } from '#platform';
import type { CommandDefinition, Conversion } from './definition.ts';
import { commandDefinitions } from './list.ts';

type Definition = (typeof commandDefinitions)[number];
type Item = InstanceType<Definition['item']>;

const items = commandDefinitions.map(({ item }) => item);
const paths = commandDefinitions.map(({ type, item }) => [type, getSchemaPath(item)] as const);
const definitions = new Map<string, CommandDefinition>(commandDefinitions.map((item) => [item.type, item]));
const classes = new Map<string, Definition['item']>(commandDefinitions.map(({ type, item }) => [type, item]));
const count = { min: 1, max: 50 };

@ApiExtraModels(...items)
export class CommandsDto {
  @ApiProperty({
    type: 'array',
    minItems: count.min,
    maxItems: count.max,
    items: {
      oneOf: paths.map(([, $ref]) => ({ $ref })),
      discriminator: { propertyName: 'type', mapping: Object.fromEntries(paths) },
    },
    example: [
      { type: 'SetGoal', goal: 'resolve_payment' },
      { type: 'RaiseFlag', flag: 'vip' },
    ],
  })
  @ItemsByType(classes, count)
  commands: Item[];
}

/** The field from which an id was derived, by the prefix of the id. */
const idFields: Readonly<Record<string, string>> = {
  turn: 'turn_id',
  message: 'message_id',
  source: 'source_event_id',
};

/**
 * The ids of all items by which a repetition is recognised.
 * @throws ProblemError `validation_failed` when two items have the same id: one of them would be lost
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
