import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsString,
  Length,
  Matches,
  ValidateNested,
} from 'class-validator';
import {
  ChangePreferencesDto,
  EndSessionDto,
  ExternalUpdateDto,
  HandoffDto,
  RaiseFlagDto,
  RecordTurnDto,
  SetGoalDto,
  SwitchChannelDto,
  UpdateGoalDto,
} from './commands.dto.ts';

/** Names of flags: lower-case words. */
export const flagPattern = /^[a-z][a-z0-9_]{0,63}$/;

const names = [
  'RecordTurn',
  'SetGoal',
  'UpdateGoal',
  'RaiseFlag',
  'ClearFlag',
  'SwitchChannel',
  'ChangePreferences',
  'Handoff',
  'EndSession',
  'RecordExternalUpdate',
] as const;
type Name = (typeof names)[number];

/** The `type` of an item; its class validates the rest. */
function TypeOf(name: Name): PropertyDecorator {
  return (target, key) => {
    ApiProperty({ enum: [name], example: name })(target, key);
    IsIn([name])(target, key);
  };
}

class CommandItem {
  @IsIn(names)
  type: Name;
}

export class RecordTurnItem extends RecordTurnDto {
  @TypeOf('RecordTurn') type: 'RecordTurn';
}
export class SetGoalItem extends SetGoalDto {
  @TypeOf('SetGoal') type: 'SetGoal';
}
export class UpdateGoalItem extends UpdateGoalDto {
  @TypeOf('UpdateGoal') type: 'UpdateGoal';

  @ApiProperty({ example: 'resolve_payment', maxLength: 64 })
  @IsString()
  @Length(1, 64)
  goal: string;
}
export class RaiseFlagItem extends RaiseFlagDto {
  @TypeOf('RaiseFlag') type: 'RaiseFlag';

  @ApiProperty({ example: 'vip', pattern: flagPattern.source })
  @Matches(flagPattern)
  flag: string;
}
export class ClearFlagItem {
  @TypeOf('ClearFlag') type: 'ClearFlag';

  @ApiProperty({ example: 'vip', pattern: flagPattern.source })
  @Matches(flagPattern)
  flag: string;
}
export class SwitchChannelItem extends SwitchChannelDto {
  @TypeOf('SwitchChannel') type: 'SwitchChannel';
}
export class ChangePreferencesItem extends ChangePreferencesDto {
  @TypeOf('ChangePreferences') type: 'ChangePreferences';
}
export class HandoffItem extends HandoffDto {
  @TypeOf('Handoff') type: 'Handoff';
}
export class EndSessionItem extends EndSessionDto {
  @TypeOf('EndSession') type: 'EndSession';
}
export class ExternalUpdateItem extends ExternalUpdateDto {
  @TypeOf('RecordExternalUpdate') type: 'RecordExternalUpdate';
}

const itemClasses = {
  RecordTurn: RecordTurnItem,
  SetGoal: SetGoalItem,
  UpdateGoal: UpdateGoalItem,
  RaiseFlag: RaiseFlagItem,
  ClearFlag: ClearFlagItem,
  SwitchChannel: SwitchChannelItem,
  ChangePreferences: ChangePreferencesItem,
  Handoff: HandoffItem,
  EndSession: EndSessionItem,
  RecordExternalUpdate: ExternalUpdateItem,
} satisfies Record<Name, unknown>;

export type AnyItem = InstanceType<(typeof itemClasses)[Name]>;

const paths = Object.entries(itemClasses).map(([name, item]) => [name, getSchemaPath(item)] as const);

@ApiExtraModels(...Object.values(itemClasses))
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
  @Type(() => CommandItem, {
    keepDiscriminatorProperty: true,
    discriminator: {
      property: 'type',
      subTypes: Object.entries(itemClasses).map(([name, value]) => ({ name, value })),
    },
  })
  commands: AnyItem[];
}
