import { randomUUID } from 'node:crypto';
import type { Type as Class } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import type { SessionCommand } from '#domain';
import { uuidV5 } from '#platform';
import type { RequestHeaders } from '../../common/command-headers.ts';
import { commandIds } from '../../common/command-request.ts';

/** Inputs for converting a command, besides its own fields. */
export interface Conversion {
  /** Id of the agent that sent it. */
  readonly caller: string;
  /** An id for a turn without one; a repeated request gets the same id. */
  readonly newTurnId: () => string;
}

/** A session's command in the HTTP API: its route, its item of `…/commands` and its documentation derive from it. */
export interface CommandDefinition<Type extends string = string, Input extends object = object> {
  readonly type: Type;
  readonly summary: string;
  readonly status: 200 | 201;
  /** The class of its item: the body, the fields of the path, and `type`. */
  readonly item: Class<Input & { type: Type }>;
  /** The command's own ids by which a repetition is recognised under any key. */
  deduplicationIds(input: Input): readonly string[];
  /** The value that distinguishes a repetition from a different request under the same key. */
  fingerprint(input: Input): object;
  toCommand(input: Input, conversion: Conversion): SessionCommand;
}

interface Definition<Type extends string, Body extends object, Field extends string> {
  readonly type: Type;
  readonly summary: string;
  /** The status of the route's answer; 200 by default. */
  readonly status?: 200 | 201;
  /** The DTO of the route's body. */
  readonly body: Class<Body>;
  /** Fields in the route's path, with their documentation and validation in an item. */
  readonly pathFields?: Readonly<Record<Field, PropertyDecorator>>;
  /** None by default. */
  readonly deduplicationIds?: (input: Body & Record<Field, string>) => readonly string[];
  /** All fields by default. Stored as a hash: after a change, requests that are repeated across a deployment fail. */
  readonly fingerprint?: (input: Body & Record<Field, string>) => object;
  readonly toCommand: (input: Body & Record<Field, string>, conversion: Conversion) => SessionCommand;
}

/** Defines a command. A new command must also be listed in list.ts and get a route in the controller. */
export function defineCommand<Type extends string, Body extends object, Field extends string = never>({
  type,
  summary,
  status = 200,
  body,
  pathFields,
  deduplicationIds = () => [],
  fingerprint = (input) => input,
  toCommand,
}: Definition<Type, Body, Field>): CommandDefinition<Type, Body & Record<Field, string>> {
  const item = itemClass<Body & Record<Field, string>, Type>(type, body, pathFields ?? {});
  return { type, summary, status, item, deduplicationIds, fingerprint, toCommand };
}

function itemClass<Input extends object, Type extends string>(
  type: Type,
  body: Class<object>,
  pathFields: Readonly<Record<string, PropertyDecorator>>,
): Class<Input & { type: Type }> {
  class Item extends body {}
  Object.defineProperty(Item, 'name', { value: body.name.replace(/Dto$/, 'Item') });
  ApiProperty({ type: String, enum: [type], example: type })(Item.prototype, 'type');
  IsIn([type])(Item.prototype, 'type');
  for (const [field, decorate] of Object.entries(pathFields)) decorate(Item.prototype, field);
  return Item as Class<Input & { type: Type }>;
}

/** The conversion of the command at `index` of a request. */
export function conversionOf(
  sessionId: string,
  { actor, key }: RequestHeaders,
  deduplicationIds: readonly string[],
  index = 0,
): Conversion {
  const [requestId] = commandIds(key, deduplicationIds);
  return {
    caller: actor.instance ?? actor.id,
    newTurnId: () =>
      requestId === undefined ? randomUUID() : uuidV5(`${requestId}:turn:${index}`, sessionId),
  };
}
