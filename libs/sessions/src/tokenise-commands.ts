import type { CommandContext, Json, JsonObject, SessionCommand } from '#domain';
import { identifierFields, referencesIn } from '#domain';
import type { DataKey, Place, Token } from '#privacy';
import { seal, stemOf, tokenise } from '#privacy';
import { sessionStream } from './streams.ts';

interface TokenisedCommands {
  readonly commands: readonly SessionCommand[];
  readonly context: CommandContext;
}

/**
 * Replaces personal values in all free-form fields of commands by tokens. The first event of the request holds
 * the values, sealed, in its metadata. Without a key the commands stay unchanged.
 */
export function tokeniseCommands(
  key: DataKey | undefined,
  sessionId: string,
  commands: readonly SessionCommand[],
  context: CommandContext,
): TokenisedCommands {
  if (key === undefined) return { commands, context };
  const all = commands.map((command) => tokeniseCommand(key, command));
  const tokens = new Map(all.flatMap((item) => item.tokens.map((token) => [token.token, token])));
  if (tokens.size === 0) return { commands, context };
  return {
    commands: all.map(({ command }) => command),
    context: withTokens(context, key, sessionId, [...tokens.values()]),
  };
}

function tokeniseCommand(
  key: DataKey,
  command: SessionCommand,
): { command: SessionCommand; tokens: readonly Token[] } {
  const identifiers = new Set<string>(['type', ...identifierFields[command.type]]);
  const keep = new Set(referencesIn(command));
  const tokens: Token[] = [];
  const changed: { [field: string]: Json } = {};
  for (const [field, value] of Object.entries(command as unknown as JsonObject)) {
    if (value === undefined || identifiers.has(field)) continue;
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
