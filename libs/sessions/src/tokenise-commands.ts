import type { CommandContext, Json, JsonObject, SessionCommand } from '#domain';
import { identifierFields, referencesIn } from '#domain';
import type { DataKey, Place, Token } from '#privacy';
import { seal, stemOf, tokenise } from '#privacy';
import type { CommandRequest } from './command-request.ts';
import { CommandRejectedError } from './errors.ts';
import { sessionStream } from './streams.ts';

interface TokenisedCommands {
  readonly commands: readonly SessionCommand[];
  readonly context: CommandContext;
}

/** The different personal values that a request may hold: its first event holds all of them, sealed, some 200 bytes each. */
export const mostTokens = 500;

/**
 * Replaces personal values in all free-form fields of a request's commands by tokens, once for each key, however often the
 * request is decided. Its first event holds the values, sealed, in its metadata.
 */
export class RequestTokeniser {
  private done: ReturnType<typeof tokeniseAll> | undefined;

  constructor(private readonly request: Pick<CommandRequest, 'sessionId' | 'commands'>) {}

  /** Without a key the commands stay unchanged. @throws CommandRejectedError when the request holds too many personal values */
  tokenise(key: DataKey | undefined, context: CommandContext): TokenisedCommands {
    const { sessionId, commands } = this.request;
    if (key === undefined) return { commands, context };
    if (this.done?.key !== key) this.done = tokeniseAll(key, commands);
    const { tokens } = this.done;
    if (tokens.size === 0) return { commands, context };
    return {
      commands: this.done.commands,
      context: withTokens(context, key, sessionId, [...tokens.values()]),
    };
  }
}

function tokeniseAll(key: DataKey, commands: readonly SessionCommand[]) {
  const tokens = new Map<string, Token>();
  const tokenised = commands.map((command, index) => {
    const item = tokeniseCommand(key, command);
    for (const token of item.tokens) tokens.set(token.token, token);
    if (tokens.size > mostTokens) throw tooMany(index);
    return item.command;
  });
  return { key, tokens, commands: tokenised };
}

function tooMany(command: number): CommandRejectedError {
  const reason = `The request holds more than ${mostTokens} different personal values.`;
  const rejection = { code: 'too_many_personal_values', reason, data: { limit: mostTokens } } as const;
  return new CommandRejectedError(rejection, command, -1);
}

const identifiers: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(identifierFields).map(([type, fields]) => [type, new Set(['type', ...fields])]),
);

function tokeniseCommand(
  key: DataKey,
  command: SessionCommand,
): { command: SessionCommand; tokens: readonly Token[] } {
  const ids = identifiers.get(command.type);
  const keep = new Set(referencesIn(command));
  const tokens: Token[] = [];
  const changed: { [field: string]: Json } = {};
  for (const [field, value] of Object.entries(command as unknown as JsonObject)) {
    if (value === undefined || value === null || ids?.has(field)) continue;
    const tokenised = tokenise(key, value, keep);
    if (tokenised.tokens.length === 0) continue;
    changed[field] = tokenised.value;
    tokens.push(...tokenised.tokens);
  }
  return { command: tokens.length === 0 ? command : { ...command, ...changed }, tokens };
}

/** The context of a request whose first event holds the values of its tokens. */
function withTokens(
  context: CommandContext,
  key: DataKey,
  sessionId: string,
  tokens: readonly Token[],
): CommandContext {
  return {
    ...context,
    metadata: (type, index, origin) => {
      const metadata = context.metadata(type, index, origin);
      if (index > 0) return metadata;
      const sealed = tokens.map(({ token, value }) => [
        stemOf(token),
        seal(key, tokenPlace(sessionId, context.eventId(0), token), value),
      ]);
      return { ...metadata, partner_id: key.partner_id, tokens: Object.fromEntries(sealed) };
    },
  };
}

/** The place of a token's sealed value: the metadata of the event that brought it. */
export function tokenPlace(sessionId: string, event_id: string, token: string): Place {
  return { of: sessionStream(sessionId), record: event_id, field: `tokens.${stemOf(token)}` };
}
